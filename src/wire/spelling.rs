//! Finding a text in whatever way it is spelled: in any letter case, with any of its characters escaped as URLs, JSON,
//! HTML, XML and shells do it (also twice, also mixed), in hexadecimal and in Base64 as part of something longer.

use std::collections::HashMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use url::form_urlencoded::byte_serialize;

/// Characters of a Base64 text that are enough to tell it from chance.
const TELLING: usize = 6;

/// Texts to look for.
#[derive(Debug, Clone)]
pub(super) struct Spellings {
    /// In lower case.
    patterns: Vec<Box<str>>,
    /// Indices of the patterns by their first two characters, the second of which there may not be.
    by_beginning: HashMap<(char, Option<char>), Vec<usize>>,
    /// Whether an ASCII character may begin a match.
    begins: [bool; 128],
    /// Whether any other character may.
    begins_beyond: bool,
    /// A bit for each way in which a pattern may begin, by its hash: a run with many logins knows thousands of patterns,
    /// and nearly no place of a text begins one.
    beginnings: Vec<u64>,
    /// Whether a pattern is shorter than what `beginnings` look at.
    has_short: bool,
    longest: usize,
}

/// Characters that `beginnings` look at.
const GRAM: usize = 4;
/// Bits of `beginnings`: 64 KiB.
const BITS: u32 = 1 << 19;

impl Default for Spellings {
    fn default() -> Self {
        let mut begins = [false; 128];
        for escape in ESCAPES {
            begins[usize::from(escape)] = true;
        }
        Self {
            patterns: Vec::new(),
            by_beginning: HashMap::new(),
            begins,
            begins_beyond: false,
            beginnings: Vec::new(),
            has_short: false,
            longest: 0,
        }
    }
}

/// What an escape may begin with.
const ESCAPES: [u8; 4] = *b"%\\&+";

/// Layers of escapes around each other that are seen through.
const DEEPEST: usize = 3;

/// How a text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Where it ends.
    Whole,
    /// It was cut off: the beginning of something at its end counts.
    Cut,
}

/// The beginning of a text where the rest was cut off counts from this many characters on.
const CUT: usize = 4;
/// What stands where this program cuts texts off.
const ELLIPSIS: char = '…';
/// Characters of one escape, also of one that was escaped again, as in `&amp;amp;#x27;`.
const LONGEST_ESCAPE: usize = 24;

impl Spellings {
    /// Looks for this text too, from now on.
    pub(super) fn add(&mut self, text: &str) {
        for form in forms(text) {
            let pattern: Box<str> = form.chars().map(lower).collect();
            let mut characters = pattern.chars();
            let Some(first) = characters.next() else { continue };
            let alike = self.by_beginning.entry((first, characters.next())).or_default();
            if alike.iter().any(|index| self.patterns[*index] == pattern) {
                continue;
            }
            alike.push(self.patterns.len());
            for case in [first, first.to_ascii_uppercase()] {
                match usize::try_from(u32::from(case)) {
                    Ok(index @ 0..128) => self.begins[index] = true,
                    _ => self.begins_beyond = true,
                }
            }
            self.note_beginning(&pattern);
            self.longest = self.longest.max(pattern.len());
            self.patterns.push(pattern);
        }
    }

    fn note_beginning(&mut self, pattern: &str) {
        self.has_short |= pattern.chars().nth(GRAM - 1).is_none();
        // One with other characters cannot be read off plain ASCII, which is what is looked up.
        let beginning = pattern.as_bytes().get(..GRAM).filter(|beginning| beginning.is_ascii());
        let Some((word, bit)) = beginning.and_then(place_of) else { return };
        if self.beginnings.is_empty() {
            self.beginnings = vec![0; BITS as usize / 64];
        }
        self.beginnings[word] |= bit;
    }

    /// Bytes of the longest spelling, more or less.
    pub(super) fn longest(&self) -> usize {
        self.longest * 12
    }

    /// The text with a mask in place of everything found: the leftmost first, of several that begin there the longest.
    pub(super) fn mask(&self, text: &str, mask: &str, end: End) -> Option<String> {
        if self.patterns.is_empty() {
            return None;
        }
        let mut masked = String::new();
        let (mut kept, mut at) = (0, 0);
        while at < text.len() {
            if !self.may_begin(text, at) {
                at += 1;
                continue;
            }
            match self.longest_match(text, at, end) {
                Some(stop) if stop > at => {
                    masked.push_str(&text[kept..at]);
                    masked.push_str(mask);
                    (kept, at) = (stop, stop);
                }
                _ => at += 1,
            }
        }
        if kept == 0 {
            return None;
        }
        masked.push_str(&text[kept..]);
        Some(masked)
    }

    fn longest_match(&self, text: &str, at: usize, end: End) -> Option<usize> {
        let mut longest = None;
        read(&text[at..], |first, length| {
            let (first, at) = (lower(first), at + length);
            let mut of = |second: Option<char>| {
                let patterns = self.by_beginning.get(&(first, second));
                for pattern in patterns.into_iter().flatten() {
                    longest = longest.max(matches(&self.patterns[*pattern], text, at, end));
                }
            };
            of(None);
            read(&text[at..], |second, _| of(Some(lower(second))));
        });
        longest
    }

    fn may_begin(&self, text: &str, at: usize) -> bool {
        let bytes = text.as_bytes();
        match bytes[at] {
            byte @ 0..128 if !self.begins[usize::from(byte)] => false,
            0..128 => match bytes.get(at..at + GRAM) {
                Some(plain) if !self.has_short && plain.iter().all(|byte| is_plain(*byte)) => place_of(plain)
                    .is_some_and(|(word, bit)| self.beginnings.get(word).is_some_and(|bits| bits & bit != 0)),
                _ => true,
            },
            _ => self.begins_beyond && text.is_char_boundary(at),
        }
    }
}

/// Whether a byte can be read as nothing but the character that it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !ESCAPES.contains(&byte)
}

/// Where the bit of a beginning is, whatever its letter case.
fn place_of(beginning: &[u8]) -> Option<(usize, u64)> {
    let bytes: [u8; GRAM] = beginning.try_into().ok()?;
    let bit = u32::from_le_bytes(bytes.map(|byte| byte.to_ascii_lowercase())).wrapping_mul(0x9e37_79b1) >> 13;
    Some((bit as usize / 64, 1 << (bit % 64)))
}

/// Where a match whose second character stands here ends, at most.
fn matches(pattern: &str, text: &str, at: usize, end: End) -> Option<usize> {
    let mut places = vec![at];
    let mut next = Vec::new();
    for (index, wanted) in pattern.chars().enumerate().skip(1) {
        next.clear();
        for place in &places {
            let is_cut = match text[*place..].chars().next() {
                None => end == End::Cut,
                Some(c) => c == ELLIPSIS,
            };
            if is_cut && index >= CUT {
                return Some(*place);
            }
            read(&text[*place..], |character, length| {
                if lower(character) == wanted && !next.contains(&(place + length)) {
                    next.push(place + length);
                }
            });
        }
        if next.is_empty() {
            let cut = |place: &usize| cut_escape(&text[*place..], end).map(|length| place + length);
            return places.iter().filter_map(cut).max().filter(|_| index >= CUT);
        }
        std::mem::swap(&mut places, &mut next);
    }
    places.into_iter().max()
}

/// The length of an escape that was cut off in its middle, if the text begins with one.
fn cut_escape(text: &str, end: End) -> Option<usize> {
    if !text.starts_with(['%', '&', '\\']) {
        return None;
    }
    match text.char_indices().take(LONGEST_ESCAPE).find(|(_, c)| *c == ELLIPSIS) {
        Some((stop, _)) => Some(stop),
        None => (end == End::Cut && text.len() < LONGEST_ESCAPE).then_some(text.len()),
    }
}

/// Every way to read one character at the beginning of a text, with the bytes that it takes.
fn read(text: &str, mut found: impl FnMut(char, usize)) {
    let Some(first) = text.chars().next() else { return };
    found(first, first.len_utf8());
    match first {
        '+' => found(' ', 1),
        '%' => (0..DEEPEST).map_while(|depth| percent(text, depth)).for_each(|(c, length)| found(c, length)),
        '&' => (0..DEEPEST).map_while(|depth| entity(text, depth)).for_each(|(c, length)| found(c, length)),
        '\\' => {
            // A backslash that was escaped once or more.
            let count = slashes(text);
            (1..DEEPEST)
                .map(|depth| 1 << depth)
                .filter(|length| *length <= count)
                .for_each(|l| found('\\', l));
            if let Some((character, length)) = escaped(&text[count..]) {
                found(character, count + length);
            }
        }
        _ => {}
    }
}

/// `%41`, `%C3%A9`; with the percent sign encoded so many times more (`%2541`).
fn percent(text: &str, depth: usize) -> Option<(char, usize)> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while bytes.len() < 4 {
        at += 1 + 2 * depth;
        let sign = text.get(at - 1 - 2 * depth..at)?.strip_prefix('%')?;
        if sign.as_bytes().chunks(2).any(|digits| digits != b"25") {
            return None;
        }
        bytes.push(u8::try_from(hex(&text[at..], 2)?).ok()?);
        at += 2;
        if let Ok(decoded) = std::str::from_utf8(&bytes) {
            return decoded.chars().next().map(|c| (c, at));
        }
    }
    None
}

/// `&amp;`, `&#39;`, `&#x27;`; with the ampersand encoded so many times more (`&amp;#39;`).
fn entity(text: &str, depth: usize) -> Option<(char, usize)> {
    let mut body = &text[1..];
    for _ in 0..depth {
        body = body.strip_prefix("amp;")?;
    }
    let skipped = text.len() - body.len();
    let (character, length) = name_of_entity(body)?;
    Some((character, skipped + length))
}

fn name_of_entity(body: &str) -> Option<(char, usize)> {
    let stop = body.bytes().take(10).position(|byte| byte == b';')?;
    let name = body.get(..stop)?;
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => match name.strip_prefix(['#'])? {
            digits if digits.starts_with(['x', 'X']) => number(&digits[1..], 16)?,
            digits => number(digits, 10)?,
        },
    };
    Some((character, stop + 1))
}

/// What stands behind the backslash in `\"`, `\n`, `\u0041`, `\x41`, `\u{41}`.
fn escaped(body: &str) -> Option<(char, usize)> {
    let unit = |text: &str| text.strip_prefix(['u', 'U']).and_then(|digits| hex(digits, 4));
    match body.chars().next()? {
        'u' if body.starts_with("u{") => {
            let stop = body.find('}').filter(|stop| *stop <= 8)?;
            Some((char::from_u32(u32::from_str_radix(&body[2..stop], 16).ok()?)?, stop + 1))
        }
        'u' | 'U' => match unit(body)? {
            high @ 0xd800..0xdc00 => {
                let rest = &body[5 + slashes(&body[5..])..];
                let low = unit(rest).filter(|low| (0xdc00..0xe000).contains(low))?;
                let taken = body.len() - rest.len() + 5;
                char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).map(|c| (c, taken))
            }
            unit => char::from_u32(unit).map(|c| (c, 5)),
        },
        'x' => hex(&body[1..], 2).and_then(char::from_u32).map(|c| (c, 3)),
        'n' => Some(('\n', 1)),
        'r' => Some(('\r', 1)),
        't' => Some(('\t', 1)),
        c if !c.is_alphanumeric() && c != '\\' => Some((c, c.len_utf8())),
        _ => None,
    }
}

/// Backslashes at the beginning of a text, as many as a few layers of escapes need.
fn slashes(text: &str) -> usize {
    text.bytes().take(1 << DEEPEST).take_while(|byte| *byte == b'\\').count()
}

fn hex(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        // The Kelvin sign stays what it is: as a `k` it would be looked for among ASCII letters only.
        (Some(one), None) if !one.is_ascii() => one,
        _ => c,
    }
}

/// The text itself, in hexadecimal, and in Base64 at every place that it can have in something longer.
fn forms(text: &str) -> Vec<String> {
    let form: String = byte_serialize(text.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let mut forms = vec![text.to_owned()];
    let mut hexadecimal = String::new();
    for byte in text.bytes() {
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    if hexadecimal.len() >= TELLING {
        forms.push(hexadecimal);
    }
    for spelled in [text, &form, &percent] {
        let whole =
            [STANDARD.encode(spelled), STANDARD_NO_PAD.encode(spelled), URL_SAFE_NO_PAD.encode(spelled)];
        forms.extend(whole.into_iter().filter(|whole| whole.len() >= 3));
        for shift in 0..3 {
            forms.extend(inside(spelled, shift).into_iter().filter(|inside| inside.len() >= TELLING));
        }
    }
    forms
}

/// What Base64 makes of a text after so many bytes of something else: the characters that depend on nothing else.
fn inside(text: &str, shift: usize) -> [String; 2] {
    let bytes = [&[0_u8; 2][..shift], text.as_bytes()].concat();
    let first = [0, 2, 3][shift];
    let last = usize::from(!bytes.len().is_multiple_of(3));
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
        .map(|encoded| encoded.get(first..encoded.len() - last).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(secret: &str, text: &str) -> String {
        let mut spellings = Spellings::default();
        spellings.add(secret);
        spellings.mask(text, "*", End::Whole).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn every_spelling_is_found() {
        let secret = "p@ss/w\"ör d+\\<é&'";
        let spellings = [
            secret,
            "P@SS/W\"ÖR D+\\<É&'",
            "p%40ss%2Fw%22%C3%B6r%20d%2B%5C%3C%C3%A9%26%27",
            "p%40ss%2fw%22%c3%b6r+d%2b%5c%3c%c3%a9%26%27",
            "p%2540ss%252Fw%2522%25C3%25B6r%2520d%252B%255C%253C%25C3%25A9%2526%2527",
            "p@ss\\/w\\\"\\u00f6r d+\\\\\\u003c\\u00E9\\u0026\\u0027",
            "p@ss/w\\\\\\\"ör d+\\\\\\\\<é&'",
            "p@ss/w&quot;ör d+\\&lt;é&amp;&#39;",
            "p@ss/w&#34;&#xF6;r&#32;d+\\&amp;lt;é&amp;&apos;",
            "p%40ss%2Fw%22%C3%B6r%20d%2B%5C%3C%C3%A9&#38;%27",
            "\\x70\\u0040ss\\u{2f}w\"ör d+\\<é&'",
        ];
        for spelling in spellings {
            assert_eq!(masked(secret, &format!("a {spelling} b")), "a * b", "{spelling}");
        }
        // What looks like an escape may be one, or not.
        for text in ["a%41\\n&lt;", "a%2541\\\\n&amp;lt;", "a%41\\n&amp;lt;"] {
            assert_eq!(masked("a%41\\n&lt;", &format!("a {text} b")), "a * b", "{text}");
        }
        assert_eq!(masked("😀key", "a \\ud83d\\ude00key b"), "a * b");
        assert_eq!(masked("\u{212a}", "a \u{212a} b"), "a * b");
    }

    #[test]
    fn base64_is_found_inside_of_something_longer() {
        let secret = "s3cr3t-t0ken-value";
        for around in [("", ""), ("Bearer ", ""), ("ada:", "\n"), ("x", "yz"), ("xy", "abcd")] {
            for engine in [STANDARD, URL_SAFE_NO_PAD] {
                let encoded = engine.encode(format!("{}{secret}{}", around.0, around.1));
                let shown = masked(secret, &encoded);
                assert!(shown.contains('*') && shown.len() < 20, "{around:?} {shown}");
            }
        }
    }

    #[test]
    fn the_longest_wins_and_nothing_else_is_touched() {
        let mut spellings = Spellings::default();
        for secret in ["tok", "token-long", ""] {
            spellings.add(secret);
        }
        let mask = |text| spellings.mask(text, "*", End::Whole);
        assert_eq!(mask("token-long tok token").as_deref(), Some("* * *en"));
        assert_eq!(mask("nothing here, t%6 \\ & % + &#; \\u12"), None);
        assert_eq!(Spellings::default().mask("anything", "*", End::Whole), None);
    }

    #[test]
    fn what_was_cut_off_is_found() {
        let mut spellings = Spellings::default();
        spellings.add("a-long-secret");
        assert_eq!(spellings.mask("data a-long-se", "*", End::Cut).as_deref(), Some("data *"));
        assert_eq!(spellings.mask("data a-l", "*", End::Cut), None);
        assert_eq!(spellings.mask("data a-long-se", "*", End::Whole), None);
        assert_eq!(
            spellings.mask("\"a-long… (9 characters)", "*", End::Whole).as_deref(),
            Some("\"*… (9 characters)")
        );
        for cut in ["\"a-long%2… (9 characters)", "\"a-long%… (9 characters)"] {
            assert_eq!(spellings.mask(cut, "*", End::Whole).as_deref(), Some("\"*… (9 characters)"), "{cut}");
        }
        assert_eq!(spellings.mask("\"a-long%2", "*", End::Cut).as_deref(), Some("\"*"));
        assert_eq!(spellings.mask("\"a-long%2", "*", End::Whole), None);
    }

    #[test]
    fn hostile_texts_take_no_longer() {
        let started = std::time::Instant::now();
        for (secret, unit) in
            [("aaaaaaaab", "a"), ("\\\\\\\\\\\\x", "\\"), ("%25%25%25x", "%25"), ("tok", "tok")]
        {
            let _ = masked(secret, &unit.repeat(10_000 / unit.len()));
        }
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_secret_is_gone(secret in "\\PC{1,12}", text in "\\PC{0,40}") {
            let shown = masked(&secret, &format!("{text}{secret}{text}"));
            prop_assert!(!shown.replace('*', "\0").contains(&secret));
        }
    }
}
