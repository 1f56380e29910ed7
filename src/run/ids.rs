//! Names and ids of what a run creates: made from the seed, recognisable as the run's own.

use std::fmt::Write as _;

/// Makes the names of one run. The same seed gives the same names for the same case, whatever else runs.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: u64,
    token: String,
}

impl Ids {
    /// For a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut token = String::from("sc");
        let _ = write!(token, "{:08x}", hash(seed, "run") & 0xffff_ffff);
        Self { seed, token }
    }

    /// What every name of this run begins with, for example `sc1f3a9c04`: the evidence that a resource is the run's
    /// own. Lower-case letters and digits, so that no server alters it.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether a text looks like the token of a run: a shorter one would claim the resources of others.
    pub(crate) fn is_token(text: &str) -> bool {
        let digits = text.strip_prefix("sc").unwrap_or_default();
        digits.len() == 8 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// `${unique}` of a case.
    #[must_use]
    pub fn unique(&self, case: &str) -> String {
        format!("{}-{:08x}", self.token, hash(self.seed, case) & 0xffff_ffff)
    }

    /// A password of a case: long, with characters of every kind, so that policies take it; not to be guessed by whoever
    /// does not know the seed.
    pub(crate) fn password(&self, case: &str) -> String {
        let mut rng = fastrand::Rng::with_seed(hash(self.seed, case));
        let text: String = (0..20).map(|_| rng.alphanumeric()).collect();
        format!("Sc-{text}-7!")
    }

    /// `${uuid}` of a case: in the form of a random UUID (version 4, RFC 9562 §5.4).
    #[must_use]
    pub fn uuid(&self, case: &str) -> String {
        let mut rng = fastrand::Rng::with_seed(hash(self.seed, case));
        uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid().to_string()
    }
}

/// FNV-1a over the seed and a text: stable over releases and platforms, unlike the standard library's hasher.
pub(super) fn hash(seed: u64, text: &str) -> u64 {
    let bytes = seed.to_le_bytes();
    let mixed = bytes.iter().chain(text.as_bytes()).fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // FNV leaves the low bits of short texts close together; one multiply-shift spreads them.
    let spread = mixed ^ (mixed >> 29);
    let spread = spread.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    spread ^ (spread >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_names() {
        let (a, b, c) = (Ids::new(7), Ids::new(7), Ids::new(8));
        assert_eq!(a.unique("crud/create/minimal"), b.unique("crud/create/minimal"));
        assert_ne!(a.unique("crud/create/minimal"), a.unique("crud/create/full"));
        assert_ne!(a.token(), c.token());
        assert!(a.unique("x").starts_with(a.token()));
        assert!(Ids::is_token(a.token()));
        for other in ["", "s", "sc", "sc1f3a9c0", "sc1f3a9c04-", "sc1F3A9C04"] {
            assert!(!Ids::is_token(other), "{other}");
        }
        assert_eq!(a.uuid("x"), b.uuid("x"));
        assert_ne!(a.uuid("x"), a.uuid("y"));
        assert_eq!(uuid::Uuid::parse_str(&a.uuid("x")).map(|id| id.get_version_num()), Ok(4));
    }
}
