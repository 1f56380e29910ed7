//! What a YAML parser says, in the words of a suite author.

use super::diagnostic::{Diagnostic, Place};
use super::source::Source;

/// What a parser's message contains; what is said instead; what helps.
const WORDS: [(&str, &str, &str); 21] = [
    ("tabs disallowed", "a tab cannot indent", "indent with spaces"),
    ("unclosed quote", "the quote is not closed", "end the text with the quote that begins it"),
    (
        "trailing content after single-quoted",
        "the single-quoted text ends before this",
        "inside of single quotes a quote is doubled: 'it''s'",
    ),
    (
        "trailing content after double-quoted",
        "the double-quoted text ends before this",
        "inside of double quotes a quote is written \\\"",
    ),
    (
        "unknown escape",
        "unknown escape in a double-quoted text",
        "a backslash is doubled in double quotes; single quotes know no escapes, as in '\\d+'",
    ),
    ("unexpected character: `\\u{0}'", "a NUL character", "the file is not text: save it as UTF-8"),
    ("unexpected character: `@'", "a text cannot begin with `@`", "put it into quotes"),
    ("unexpected character: ``'", "a text cannot begin with a backquote", "put it into quotes"),
    ("unexpected character: `%'", "a text cannot begin with `%`", "put it into quotes"),
    (
        "mapping values are not allowed",
        "a second `: ` in one line",
        "put a text that contains `: ` into quotes",
    ),
    (
        "illegal placement of ':'",
        "a key in the middle of a list or mapping that is not closed",
        "close the `[` or `{` above with `]` or `}`",
    ),
    (
        "expected ',' or '}'",
        "`,` or `}` was expected here",
        "close the `{` with `}`, and separate its members with `,`",
    ),
    (
        "expected ',' or ']'",
        "`,` or `]` was expected here",
        "close the `[` with `]`, and separate its values with `,`",
    ),
    ("simple key expected ':'", "a key without `:`", "write `key: value`"),
    ("unknown anchor", "no anchor of this name", "a text that begins with `*` has to be quoted"),
    (
        "multiple YAML documents",
        "a second document begins in this file",
        "one suite, one file: take the `---` away",
    ),
    ("expected string scalar", "a key that is not text", "keys are words"),
    ("null into string", "a key that is empty", "keys are words"),
    ("non-finite float", "not a finite number", "put it into quotes if it is text"),
    ("recursion limit", "nested too deeply", "at most 32 levels"),
    (
        "expected <document start>",
        "the indentation does not fit",
        "align the keys of a mapping in one column",
    ),
];

/// Further ones, about limits and what the language leaves out.
const MORE_WORDS: [(&str, &str, &str); 9] = [
    ("expected '-' indicator", "the indentation does not fit", "align the keys of a mapping in one column"),
    ("found a tab", "a tab cannot indent", "indent with spaces"),
    ("expected key", "the indentation does not fit", "align the keys of a mapping in one column"),
    ("Depth", "nested too deeply", "at most 32 levels"),
    ("Nodes", "too many values once all aliases are expanded", "at most 250000; write it without `*`"),
    ("budget breached", "too large to be a suite", "write it without anchors and aliases, or split it"),
    ("merge key", "`<<` is not part of the suite language", "write the keys out"),
    ("tag", "a tag is not part of the suite language", "take the `!…` away"),
    ("alias", "an alias that cannot be expanded", "write the value out instead of `*`"),
];

/// The diagnostic for an error of the parser.
pub(crate) fn explain(source: &Source, error: &serde_saphyr::Error) -> Diagnostic {
    let error = error.without_snippet();
    let text = &*source.text;
    let place = error.location().map_or(Place::START, |location| {
        let number = |value: u64| usize::try_from(value).unwrap_or(1).max(1);
        Place::at(text, number(location.line()), number(location.column()))
    });
    let parser = error.to_string();
    if parser.contains("expected ',' or")
        && let Some(template) = bare_template(text, place)
    {
        return Diagnostic::in_source(source, template, "a template in `{ … }` or `[ … ]` without quotes")
            .label("YAML reads this `{` as a mapping")
            .help("put the text into quotes, as in { path: \"/Users/${made.id}\" }".to_owned());
    }
    if let Some((opened, sign)) = opened_before(text, place) {
        let last = place.line;
        return match sign {
            '"' | '\'' if parser.contains("trailing content") => {
                Diagnostic::in_source(source, opened, "not valid YAML: the quote is not closed in its line")
                    .label("opened here")
                    .help(format!("the text ends with the next {sign} in line {last} only"))
            }
            '{' | '[' if parser.contains("expected ',' or") || parser.contains("placement of ':'") => {
                let close = if sign == '{' { '}' } else { ']' };
                Diagnostic::in_source(source, opened, &format!("not valid YAML: the `{sign}` is not closed"))
                    .label("opened here")
                    .help(format!("close it with `{close}`; line {last} cannot be part of it"))
            }
            _ => in_words(source, text, place, &parser),
        };
    }
    in_words(source, text, place, &parser)
}

/// The diagnostic at the place of the parser, or where the cause can be seen better.
fn in_words(source: &Source, text: &str, place: Place, parser: &str) -> Diagnostic {
    let words = WORDS.iter().chain(&MORE_WORDS).find(|(fragment, ..)| parser.contains(fragment));
    let Some((fragment, message, help)) = words else {
        // The place stands in the diagnostic already.
        let plain = parser.split(" at line ").next().unwrap_or(parser);
        return Diagnostic::in_source(source, place, &format!("not valid YAML: {plain}"))
            .label("here")
            .help("see docs/suite-format.md".to_owned());
    };
    let place = match *fragment {
        "tabs disallowed" | "found a tab" => tab(text, place).unwrap_or(place),
        "multiple YAML documents" => {
            text[..place.start].rfind("---").map_or(place, |at| Place::span(text, at, at + 3))
        }
        _ => place,
    };
    Diagnostic::in_source(source, place, &format!("not valid YAML: {message}"))
        .label("here")
        .help((*help).to_owned())
}

/// The first tab in the indentation of a line, from the line of an error on.
fn tab(text: &str, place: Place) -> Option<Place> {
    let mut start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
    for line in text[start..].split_inclusive('\n') {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(at) = line[..indentation].find('\t') {
            return Some(Place::span(text, start + at, start + at + 1));
        }
        start += line.len();
    }
    None
}

/// The quote or bracket in an earlier line that was still open, or has just been closed, where an error is.
fn opened_before(text: &str, place: Place) -> Option<(Place, char)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut closed = None;
    // Quotes and brackets have a meaning where a value begins only, and inside of brackets.
    let mut before = '\n';
    for (at, c) in text[..place.start].char_indices() {
        let begins = matches!(before, '\n' | ':' | '-' | ',' | '[' | '{');
        match (open.last(), c) {
            (Some((_, quote @ ('"' | '\''))), c) if c == *quote && before != '\\' => closed = open.pop(),
            (Some((_, '"' | '\'')), _) => {}
            (_, '"' | '\'' | '{' | '[') if begins => open.push((at, c)),
            (Some(_), '}' | ']') => drop(open.pop()),
            _ => {}
        }
        if c != ' ' || matches!(open.last(), Some((_, '"' | '\''))) {
            before = c;
        }
    }
    let just_closed = closed.filter(|(at, _)| text[*at..place.start].contains('\n'));
    let (at, sign) =
        open.last().copied().filter(|(_, sign)| *sign != '"' && *sign != '\'').or(just_closed)?;
    let opened = Place::span(text, at, at + 1);
    (opened.line < place.line).then_some((opened, sign))
}

/// A `${…}` on the line of an error, at it or before it, that is not quoted.
fn bare_template(text: &str, place: Place) -> Option<Place> {
    let line_start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let limit = (place.start - line_start + 2).min(line.len());
    let (mut quote, mut found) = (None, None);
    for (at, character) in line.char_indices().take_while(|(at, _)| *at < limit) {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            (None, '$') if line[at..].starts_with("${") => found = Some(at),
            _ => {}
        }
    }
    let at = found?;
    let length = line[at..].find('}').map_or(line.len() - at, |end| end + 1);
    Some(Place::span(text, line_start + at, line_start + at + length))
}
