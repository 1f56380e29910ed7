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
    ("recursion limit", "nested too deeply", "at most 64 levels"),
    (
        "expected <document start>",
        "the indentation does not fit",
        "align the keys of a mapping in one column",
    ),
];

/// Further ones, about limits and what the language leaves out.
const MORE_WORDS: [(&str, &str, &str); 6] = [
    ("expected key", "the indentation does not fit", "align the keys of a mapping in one column"),
    ("Depth", "nested too deeply", "at most 64 levels"),
    (
        "budget breached",
        "too large once all aliases are expanded",
        "at most 250000 values; write it without `*`",
    ),
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
    if parser.contains("expected ',' or") {
        if let Some(template) = bare_template(text, place) {
            return Diagnostic::in_source(
                source,
                template,
                "a template in `{ … }` or `[ … ]` without quotes",
            )
            .label("YAML reads this `{` as a mapping")
            .help("put the text into quotes, as in { path: \"/Users/${made.id}\" }".to_owned());
        }
    }
    let words = WORDS.iter().chain(&MORE_WORDS).find(|(fragment, ..)| parser.contains(fragment));
    match words {
        Some((_, message, help)) => {
            Diagnostic::in_source(source, place, &format!("not valid YAML: {message}"))
                .help((*help).to_owned())
        }
        None => {
            // The place stands in the diagnostic already.
            let plain = parser.split(" at line ").next().unwrap_or(&parser);
            Diagnostic::in_source(source, place, &format!("not valid YAML: {plain}"))
        }
    }
    .label("here")
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
