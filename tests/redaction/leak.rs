//! Looks for secrets in texts, whatever they are encoded in.

use std::path::Path;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Asserts that no secret stands in any file of a folder.
pub(crate) fn none_in_folder(folder: &Path, secrets: &[&str]) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
        none_in(&text, secrets, &path.display().to_string());
        files += 1;
    }
    files
}

/// Asserts that no secret stands in a text.
pub(crate) fn none_in(text: &str, secrets: &[&str], what: &str) {
    // Escapes inside of escapes, as JSON in HTML has them.
    let mut layers = vec![text.to_lowercase()];
    for _ in 0..4 {
        let last = layers.last().expect("the text");
        let next = percent(&entities(&backslashes(last))).to_lowercase();
        layers.push(next);
    }
    let encoded = [
        decoded_base64(text),
        decoded_base64(&backslashes(text)),
        decoded_base64(&percent(text)),
        decoded_hex(text),
    ];
    for secret in secrets {
        let lower = secret.to_lowercase();
        assert!(lower.len() >= 6, "a test cannot tell `{secret}` from chance");
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for layer in &layers {
            if let Some(at) = layer.find(&lower) {
                let around: String =
                    layer[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("{what}: `{secret}` behind `{around}`");
            }
        }
        for bytes in &encoded {
            for text in [*secret, &form] {
                let found = bytes
                    .iter()
                    .any(|run| run.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text.as_bytes())));
                assert!(!found, "{what}: `{secret}` is encoded in it");
            }
        }
    }
}

fn backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let unit = tail.strip_prefix('u').and_then(|digits| digits.get(..4));
        let character = unit.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?));
        match (character, tail.chars().next()) {
            (Some(character), _) => {
                out.push(character);
                rest = &tail[5..];
            }
            (None, Some(next)) => {
                out.push(next);
                rest = &tail[next.len_utf8()..];
            }
            (None, None) => rest = "",
        }
    }
    out + rest
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let stop = tail.bytes().take(9).position(|byte| byte == b';');
        let name = stop.and_then(|stop| tail.get(..stop)).unwrap_or_default();
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let character = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match name.strip_prefix('#') {
                Some(digits) if digits.starts_with('x') => number(&digits[1..], 16),
                Some(digits) => number(digits, 10),
                None => None,
            },
        };
        match character {
            Some(character) => {
                out.push(character);
                rest = &tail[name.len() + 1..];
            }
            None => {
                out.push('&');
                rest = tail;
            }
        }
    }
    out + rest
}

fn percent(text: &str) -> String {
    let bytes: Vec<u8> = url::form_urlencoded::parse(
        text.replace('&', "%26").replace('=', "%3D").replace('+', "%2B").as_bytes(),
    )
    .flat_map(|(name, _)| name.into_owned().into_bytes())
    .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What every run of Base64 characters says, from each of its first four characters on.
fn decoded_base64(text: &str) -> Vec<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let text = text.replace('-', "+").replace('_', "/");
    let runs =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/".contains(c))).filter(|run| run.len() >= 8);
    let mut decoded = Vec::new();
    for run in runs {
        for start in 0..4 {
            let part = &run[start..];
            let usable = part.len() - usize::from(part.len() % 4 == 1);
            decoded.extend(engine.decode(&part[..usable]));
        }
    }
    decoded
}

fn decoded_hex(text: &str) -> Vec<Vec<u8>> {
    let runs = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() >= 12);
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    runs.flat_map(|run| {
        (0..2).map(move |start| run.as_bytes()[start..].chunks_exact(2).filter_map(digits).collect())
    })
    .collect()
}

#[test]
fn leaks_are_found() {
    let secret = "s3cr3t/Ünï\"<&";
    let leaks = [
        "xx S3CR3T/Ünï\"<& xx".to_owned(),
        "s3cr3t%2F%C3%9Cn%C3%AF%22%3C%26".to_owned(),
        "s3cr3t%252F%25C3%259Cn%25C3%25AF%2522%253C%2526".to_owned(),
        "s3cr3t\\/\\u00dcn\\u00ef\\\"\\u003c\\u0026".to_owned(),
        "s3cr3t/&#220;n&#xef;&quot;&lt;&amp;".to_owned(),
        "s3cr3t/&amp;#220;n&#xef;&quot;&lt;&amp;amp;".to_owned(),
        base64::engine::general_purpose::STANDARD.encode(format!("Bearer {secret}")),
        base64::engine::general_purpose::URL_SAFE.encode(format!("xy{secret}z")),
        "7333637233742fc39c6ec3af223c26".to_owned(),
    ];
    for leak in leaks {
        let found = std::panic::catch_unwind(|| none_in(&leak, &[secret], "a test"));
        assert!(found.is_err(), "{leak}");
    }
    none_in("nothing of the kind, s3cr3t", &[secret], "a test");
}
