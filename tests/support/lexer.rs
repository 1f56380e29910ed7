//! Rust source as tokens: just enough of the language that comments, strings, characters and lifetimes confuse nobody
//! who looks for words and paths.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword.
    Word,
    /// `::`, or one other character.
    Mark,
    /// A string, character, number or lifetime, whose text nobody needs.
    Other,
}

/// One token and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its text; empty for [`Kind::Other`].
    pub(crate) text: String,
    /// Line, from 1.
    pub(crate) line: usize,
}

/// The tokens of a source text, without its comments.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: source, line: 1 };
    std::iter::from_fn(|| lexer.next()).collect()
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<Token> {
        self.skip_blanks_and_comments();
        let line = self.line;
        let (kind, length) = self.measure()?;
        let text = if kind == Kind::Other { String::new() } else { self.rest[..length].to_owned() };
        self.advance(length);
        Some(Token { kind, text: text.strip_prefix("r#").map_or(text.clone(), str::to_owned), line })
    }

    fn advance(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let length = if self.rest.starts_with("//") {
                self.rest.find('\n').unwrap_or(self.rest.len())
            } else if self.rest.starts_with("/*") {
                block_comment(self.rest)
            } else {
                self.rest.len() - self.rest.trim_start().len()
            };
            if length == 0 {
                return;
            }
            self.advance(length);
        }
    }

    /// Kind and length in bytes of the token that stands here.
    fn measure(&self) -> Option<(Kind, usize)> {
        let rest = self.rest;
        let first = rest.chars().next()?;
        if let Some(length) = string(rest).or_else(|| quote(rest)) {
            return Some((Kind::Other, length));
        }
        if rest.starts_with("::") {
            return Some((Kind::Mark, 2));
        }
        if first.is_ascii_digit() {
            return Some((Kind::Other, word_length(rest)));
        }
        if !is_word(first) {
            return Some((Kind::Mark, first.len_utf8()));
        }
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        Some((Kind::Word, raw + word_length(&rest[raw..])))
    }
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn word_length(text: &str) -> usize {
    text.find(|character| !is_word(character)).unwrap_or(text.len())
}

/// Length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Length of a string literal of any kind (`"…"`, `b"…"`, `c"…"`, `r#"…"#`, …), if one stands here.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let after = text.strip_prefix(prefix).map(|rest| rest.trim_start_matches('#'));
        after.is_some_and(|after| after.starts_with('"'))
    })?;
    let hashes = text[prefix.len()..].len() - text[prefix.len()..].trim_start_matches('#').len();
    let begin = prefix.len() + hashes + 1;
    if prefix.ends_with('r') {
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len()));
    }
    // `#"…"` without an `r` is a mark before a string.
    (hashes == 0).then(|| closed(text, begin, '"'))
}

/// Length of a character literal or a lifetime, if one stands here.
fn quote(text: &str) -> Option<usize> {
    let begin = if text.starts_with("b'") { 2 } else { usize::from(text.starts_with('\'')) };
    if begin == 0 {
        return None;
    }
    let mut after = text[begin..].chars();
    let first = after.next()?;
    if first == '\\' || after.next() == Some('\'') {
        return Some(closed(text, begin, '\''));
    }
    Some(begin + word_length(&text[begin..]))
}

/// Where the literal that begins at `begin` ends, with its closing mark; a backslash protects the next character.
fn closed(text: &str, begin: usize, mark: char) -> usize {
    let mut characters = text[begin..].char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == mark {
            return begin + at + mark.len_utf8();
        }
    }
    text.len()
}
