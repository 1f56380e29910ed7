//! Passwords, as the store keeps them: salted and hashed (RFC 7643 §4.1.1 wants no clear text).

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A server for people needs a hundred thousand: all passwords here are made up, and a run sets thousands of them.
const ROUNDS: NonZeroU32 = NonZeroU32::new(1).expect("it is more than none");
const PREFIX: &str = "pbkdf2-sha256";
const LENGTH: usize = 32;

/// What is stored for a password; another text each time.
pub(in crate::server) fn hash(password: &str) -> String {
    let salt = uuid::Uuid::new_v4().into_bytes();
    let mut derived = [0; LENGTH];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, password.as_bytes(), &mut derived);
    format!("{PREFIX}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(derived))
}

/// Whether a password is the one that is stored.
pub(super) fn verify(stored: &str, password: &str) -> bool {
    let mut parts = stored.split('$');
    let (Some(PREFIX), Some(salt), Some(derived)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Ok(salt), Ok(derived)) = (STANDARD_NO_PAD.decode(salt), STANDARD_NO_PAD.decode(derived)) else {
        return false;
    };
    pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, password.as_bytes(), &derived).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let stored = hash("Correct horse");
        assert!(!stored.contains("horse"));
        assert_ne!(stored, hash("Correct horse"));
        assert!(verify(&stored, "Correct horse"));
        for (stored, wrong) in
            [(&*stored, "correct horse"), (&stored, ""), ("", ""), ("x$y$z", "x"), ("pbkdf2-sha256$$", "")]
        {
            assert!(!verify(stored, wrong), "{wrong}");
        }
    }
}
