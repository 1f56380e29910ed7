//! Text from the target is data: what would steer a terminal, hide or reorder text is made visible before any report
//! shows it. Also the few ways in which reports shape text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text on one line, with every character that is not plainly visible as an escape: `\n`, `\t`, `\u{1b}` (ESC),
/// `\u{202e}` (a bidi override). Everything that XML 1.0 forbids is among them.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, |c| hides(c) || matches!(c, '\n' | '\t'))
}

/// Like [`visible`], but lines and tabs stay as they are. A line may end in CR LF; a CR elsewhere is made visible.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") {
        return Cow::Owned(escape(&text.replace("\r\n", "\n"), hides).into_owned());
    }
    escape(text, hides)
}

fn escape(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            c if !hidden(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(shown)
}

/// Characters that steer, hide or reorder; line feed and tab are not among them. Joiners (U+200C, U+200D) stay: many
/// scripts and emoji need them.
fn hides(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// JSON text with the same characters as JSON's own escapes: it means the same, and steers no terminal that shows it.
#[must_use]
pub(crate) fn escape_json(json: &str) -> Cow<'_, str> {
    if !json.contains(hides) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if hides(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// A command on one line that still does the same: what steers, hides or reorders stands in it as in JSON, since that is
/// what bodies are; line feeds and tabs too.
#[must_use]
pub(crate) fn copyable(command: &str) -> Cow<'_, str> {
    let escaped = escape_json(command);
    if escaped.contains(['\n', '\t']) {
        return Cow::Owned(escaped.replace('\n', "\\n").replace('\t', "\\t"));
    }
    escaped
}

/// At most `limit` characters; what was cut is said.
#[must_use]
pub fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            Cow::Owned(format!("{}… ({} characters)", &text[..end], thousands(text.chars().count())))
        }
    }
}

/// Breaks a text between words into lines of at most `width` characters; a longer word is broken where the line ends.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        for (number, piece) in chunks(word, width).into_iter().enumerate() {
            let size = piece.chars().count();
            let space = usize::from(length > 0 && number == 0);
            if length > 0 && length + space + size > width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            } else if space == 1 {
                line.push(' ');
                length += 1;
            }
            line.push_str(&piece);
            length += size;
        }
    }
    if length > 0 {
        lines.push(line);
    }
    lines
}

/// Cuts a text into pieces of at most `width` characters.
#[must_use]
pub fn chunks(text: &str, width: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(width.max(1)) {
        pieces.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    pieces.push(rest.to_owned());
    pieces
}

/// Milliseconds as people say it: `412 ms`, `3.2 s`, `2 min 5 s`.
#[must_use]
pub fn duration(ms: f64) -> String {
    let ms = if ms.is_finite() { ms.max(0.0) } else { 0.0 };
    if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_950.0 {
        format!("{:.1} s", ms / 1000.0)
    } else {
        let seconds = (ms / 1000.0).round();
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// A number with a comma between thousands.
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// `1 case`, `2 cases`.
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stays_valid_json() {
        assert!(matches!(copyable("curl 'é 👩‍🚀'"), Cow::Borrowed(_)));
        assert_eq!(
            copyable("curl -d '{\"a\":\"y\u{202e}\u{e0041}\"}'"),
            r#"curl -d '{"a":"y\u202e\udb40\udc41"}'"#
        );
        assert_eq!(copyable("a\n\tb\u{1b}"), r"a\n\tb\u001b");
    }

    #[test]
    fn what_steers_hides_or_reorders_is_shown() {
        assert_eq!(visible("plain é 漢 👩‍🚀"), "plain é 漢 👩‍🚀");
        assert!(matches!(visible("plain"), Cow::Borrowed(_)));
        assert_eq!(visible("\u{1b}[31mred\u{7}\0"), "\\u{1b}[31mred\\u{7}\\u{0}");
        assert_eq!(visible("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(visible("x\u{202e}gpj.exe\u{2066}\u{200b}"), "x\\u{202e}gpj.exe\\u{2066}\\u{200b}");
        assert_eq!(visible("\u{9b}1m\u{7f}\u{85}"), "\\u{9b}1m\\u{7f}\\u{85}");
        assert_eq!(visible("\u{fffe}\u{ffff}\u{1fffe}\u{e0041}"), "\\u{fffe}\\u{ffff}\\u{1fffe}\\u{e0041}");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(visible_lines("a\r\n\tb\rc\u{1b}"), "a\n\tb\\rc\\u{1b}");
    }

    #[test]
    fn long_texts_are_cut_and_wrapped() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip(&"ä".repeat(1200), 2), "ää… (1,200 characters)");
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("", 3), Vec::<String>::new());
        assert_eq!(chunks("abcde", 2), ["ab", "cd", "e"]);
        assert_eq!(wrap("abc", 0), ["a", "b", "c"]);
    }

    #[test]
    fn numbers_for_people() {
        let shown: Vec<_> = [0.4, 412.3, 999.9, 3210.0, 59_960.0, 125_000.0, f64::NAN].map(duration).into();
        assert_eq!(shown, ["0 ms", "412 ms", "1.0 s", "3.2 s", "1 min 0 s", "2 min 5 s", "0 ms"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((count(1, "case"), count(0, "case")), ("1 case".to_owned(), "0 cases".to_owned()));
    }
}
