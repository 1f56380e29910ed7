//! Sizes as people write them.

/// `65536B`, `512KiB`, `4MiB`, `1GiB`, and the decimal `kB`, `MB`, `GB`; in bytes.
#[must_use]
pub fn parse_size(text: &str) -> Option<usize> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: usize = text[..split].parse().ok()?;
    let unit = match &text[split..] {
        "B" => 1,
        "kB" => 1000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases = [
            ("512B", Some(512)),
            ("64KiB", Some(65_536)),
            ("4MiB", Some(4 << 20)),
            ("5MB", Some(5_000_000)),
            ("4", None),
            ("MiB", None),
            ("4mib", None),
            ("99999999999999999999B", None),
            ("99999999999999GiB", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse_size(text), wanted, "{text}");
        }
    }
}
