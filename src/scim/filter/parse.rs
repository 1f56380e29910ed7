//! Recursive descent over the grammar of RFC 7644 Figure 1; `not` binds tighter than `and`, `and` than `or`.

use serde_json::Value;

use super::{Filter, FilterError, Literal, Operator};
use crate::scim::attribute_path::AttributePath;

/// How deep parentheses and `not` may be nested. Deeper filters are refused, so that no input exhausts the stack.
pub const MAX_DEPTH: usize = 40;

type Parsed<T> = Result<T, FilterError>;

impl Filter {
    /// Parses a filter. Operators and `and`, `or`, `not` are read without letter case (RFC 7644 §3.4.2.2); `not(` and
    /// `not (` are both fine (erratum 7319), and so is `eq"x"` as in an example of §3.5.2.2.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser::new(text);
        let filter = parser.or()?;
        match parser.peek() {
            None => Ok(filter),
            Some(')' | ']') => Err(parser.error("a closing bracket without its opening one")),
            Some(_) => Err(parser.error("expected `and`, `or` or the end of the filter")),
        }
    }
}

/// Reads `attrPath` or `attrPath[valFilter]` and hands back the rest of the text with its offset, for the `path` of
/// PATCH (RFC 7644 Figure 7). The attribute path is not judged here: it is text with its offset.
pub(crate) fn parse_value_path(text: &str) -> Parsed<(&str, Option<Filter>, &str)> {
    let mut parser = Parser::new(text);
    let (_, path) = parser.word();
    if parser.peek() != Some('[') {
        return Ok((path, None, &text[parser.at..]));
    }
    let filter = parser.brackets()?;
    Ok((path, Some(filter), &text[parser.at..]))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    in_brackets: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, in_brackets: false }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, message: impl Into<String>) -> FilterError {
        error_at(self.at, message)
    }

    /// Skips white space; tells whether there was any.
    fn space(&mut self) -> bool {
        let rest = self.rest();
        let skipped = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.at += skipped;
        skipped > 0
    }

    /// Everything up to the next space, bracket or quote, with its offset.
    fn word(&mut self) -> (usize, &'a str) {
        let rest = self.rest();
        let ends = |c: char| c.is_ascii_whitespace() || "()[]\"".contains(c);
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let start = self.at;
        self.at += word.len();
        (start, word)
    }

    /// Takes `and` or `or` if it is next.
    fn connective(&mut self, wanted: &str) -> bool {
        let before = self.at;
        self.space();
        if self.word().1.eq_ignore_ascii_case(wanted) {
            return true;
        }
        self.at = before;
        false
    }

    fn or(&mut self) -> Parsed<Filter> {
        let mut operands = vec![self.and()?];
        while self.connective("or") {
            operands.push(self.and()?);
        }
        self.space();
        Ok(one_or(operands, Filter::Or))
    }

    fn and(&mut self) -> Parsed<Filter> {
        let mut operands = vec![self.factor()?];
        while self.connective("and") {
            operands.push(self.factor()?);
        }
        Ok(one_or(operands, Filter::And))
    }

    fn factor(&mut self) -> Parsed<Filter> {
        self.space();
        if self.peek() == Some('(') {
            return self.group();
        }
        let (start, word) = self.word();
        if word.eq_ignore_ascii_case("not") {
            let after = self.at;
            self.space();
            if self.peek() == Some('(') {
                return Ok(Filter::Not(Box::new(self.group()?)));
            }
            self.at = after;
        }
        if word.is_empty() {
            return Err(self.error(match self.peek() {
                None => "an attribute is missing at the end".to_owned(),
                Some(c) => format!("expected an attribute, found `{c}`"),
            }));
        }
        let path = attribute_path(start, word)?;
        if self.peek() == Some('[') {
            let filter = Box::new(self.brackets()?);
            return Ok(Filter::ValuePath { path, filter });
        }
        self.comparison(path)
    }

    fn group(&mut self) -> Parsed<Filter> {
        self.nested('(', ')')
    }

    fn brackets(&mut self) -> Parsed<Filter> {
        if self.in_brackets {
            return Err(self.error("a value filter cannot contain another: sub-attributes are not complex"));
        }
        self.in_brackets = true;
        let filter = self.nested('[', ']')?;
        self.in_brackets = false;
        Ok(filter)
    }

    /// A filter between an opening bracket, which is next, and its closing one.
    fn nested(&mut self, open: char, close: char) -> Parsed<Filter> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        self.at += open.len_utf8();
        let filter = self.or()?;
        if self.peek() != Some(close) {
            return Err(self.error(format!("expected `and`, `or` or `{close}`")));
        }
        self.at += close.len_utf8();
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self, path: AttributePath) -> Parsed<Filter> {
        self.space();
        let (start, word) = self.word();
        if word.is_empty() {
            return Err(error_at(start, "an operator is missing"));
        }
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let operator = Operator::from_word(word)
            .ok_or_else(|| error_at(start, format!("the operator '{word}' is not supported")))?;
        self.space();
        let value = self.literal()?;
        Ok(Filter::Compare { path, operator, value })
    }

    fn literal(&mut self) -> Parsed<Literal> {
        if self.peek() == Some('"') {
            return self.string();
        }
        let (start, word) = self.word();
        let number = |word: &str| word.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match word {
            "" => Err(error_at(start, "a value is missing")),
            "null" => Ok(Literal::Null),
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            word if number(word) => match serde_json::from_str(word) {
                Ok(Value::Number(number)) => Ok(Literal::Number(number)),
                _ => Err(error_at(start, format!("`{word}` is not a JSON number"))),
            },
            word => Err(error_at(start, format!("`{word}` is not a JSON value; strings need double quotes"))),
        }
    }

    /// A JSON string (RFC 7159 §7), whose opening quote is next.
    fn string(&mut self) -> Parsed<Literal> {
        let start = self.at;
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().enumerate().skip(1).find_map(|(index, byte)| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends.then_some(index + 1)
        });
        let end = end.ok_or_else(|| error_at(start, "a string without its closing quote"))?;
        let text = serde_json::from_str(&rest[..end])
            .map_err(|_| error_at(start, "a string with an escape or character that JSON does not allow"))?;
        self.at += end;
        Ok(Literal::String(text))
    }
}

fn one_or(mut operands: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match operands.pop() {
        Some(only) if operands.is_empty() => only,
        last => {
            operands.extend(last);
            many(operands)
        }
    }
}

fn attribute_path(start: usize, word: &str) -> Parsed<AttributePath> {
    word.parse().map_err(|error: crate::scim::attribute_path::PathError| {
        error_at(start + error.offset, error.message)
    })
}

fn error_at(offset: usize, message: impl Into<String>) -> FilterError {
    FilterError { offset, message: message.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn precedence_and_spelling() {
        // Left: as written. Right: as Display gives it back, which shows how the text was grouped.
        for (text, shown) in [
            // RFC 7644 Figure 2.
            (r#"userName Eq "bjensen""#, r#"userName eq "bjensen""#),
            (r#"name.familyName co "O'Malley""#, r#"name.familyName co "O'Malley""#),
            (
                r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
                r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
            ),
            ("title pr", "title pr"),
            (
                r#"userType ne "E" and not (emails co "a" or emails.value co "b")"#,
                r#"userType ne "E" and not (emails co "a" or emails.value co "b")"#,
            ),
            (
                r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]"#,
                r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]"#,
            ),
            // Precedence: not, and, or.
            ("a pr or b pr and c pr", "a pr or b pr and c pr"),
            ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
            ("a pr or (b pr and c pr)", "a pr or b pr and c pr"),
            ("a pr and (b pr and c pr)", "a pr and (b pr and c pr)"),
            ("not (a pr) and b pr", "not (a pr) and b pr"),
            ("NOT(a pr) OR b PR", "not (a pr) or b pr"),
            ("  ( ( a pr ) )  ", "a pr"),
            // Literals.
            ("a eq 1", "a eq 1"),
            ("a eq -1.5e3", "a eq -1500.0"),
            ("a eq true", "a eq true"),
            ("a ne null", "a ne null"),
            (r#"a eq "\u0041\"\\""#, r#"a eq "A\"\\""#),
            // The example of RFC 7644 §3.5.2.2 without a space.
            (r#"value eq"x""#, r#"value eq "x""#),
            ("not pr", "not pr"),
            (r#"members.$ref ew "1""#, r#"members.$ref ew "1""#),
        ] {
            let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(filter.to_string(), shown, "{text}");
        }
        let grouped = Filter::parse("a pr or b pr and c pr").unwrap();
        assert!(matches!(&grouped, Filter::Or(operands) if matches!(operands[1], Filter::And(_))));
    }

    #[test]
    fn errors_have_the_offset() {
        for (text, offset) in [
            ("", 0),
            ("userName", 8),
            ("userName regex \"x\"", 9),
            ("userName eq", 11),
            ("userName eq x", 12),
            ("userName eq 'x'", 12),
            ("userName eq \"x", 12),
            ("userName eq \"\\x\"", 12),
            ("userName eq 01", 12),
            ("userName eq True", 12),
            ("userName pr and", 15),
            ("userName pr title pr", 12),
            ("(userName pr", 12),
            ("userName pr)", 11),
            ("emails[type pr", 14),
            ("emails[type pr].value eq \"x\"", 15),
            ("emails[a[b pr]]", 8),
            ("é pr", 0),
            ("a pr and é.b pr", 9),
            ("a.b.c pr", 3),
            ("eq \"x\"", 3),
        ] {
            assert_eq!(Filter::parse(text).unwrap_err().offset, offset, "{text}");
        }
        let error = Filter::parse("userName regex 1").unwrap_err();
        assert_eq!(error.message, "the operator 'regex' is not supported");
    }

    #[test]
    fn depth_is_bounded_and_length_is_not() {
        let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Filter::parse(&nested(MAX_DEPTH)).is_ok());
        assert!(Filter::parse(&nested(MAX_DEPTH + 1)).is_err());
        assert!(Filter::parse(&"not (".repeat(100_000)).is_err());
        assert!(Filter::parse(&format!("a pr{}", " and a pr".repeat(50_000))).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,60}") {
            let _ = Filter::parse(&text);
        }

        #[test]
        fn never_panics_on_fragments(parts in proptest::collection::vec(
            proptest::sample::select(vec!["not", "(", ")", "[", "]", " ", "a", "and", "or", "eq", "\"", "\\", "é", "1", "pr"]),
            0..24,
        )) {
            if let Ok(filter) = Filter::parse(&parts.concat()) {
                prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
            }
        }
    }
}
