//! A mistake in a file that a user wrote: what is wrong, where, and what would be right. One renderer for all of them.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte; at least one character where there is one.
    pub end: usize,
}

impl Place {
    /// The beginning of a file.
    pub const START: Place = Place { line: 1, column: 1, start: 0, end: 0 };

    /// The word that begins at a line and column.
    #[must_use]
    pub fn at(text: &str, line: usize, column: usize) -> Self {
        let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let rest = &text[line_start..];
        let offset = rest.char_indices().nth(column - 1).map_or(rest.len(), |(offset, _)| offset);
        let start = line_start + offset;
        let word = text[start..].split(['\n', '\r']).next().unwrap_or_default().trim_end();
        // A quoted or bare value ends before the comment or the punctuation of a flow collection.
        let length = match word.chars().next() {
            Some(quote @ ('"' | '\'')) => word[1..].find(quote).map_or(word.len(), |end| end + 2),
            _ => word.find([',', '}', ']', '#']).unwrap_or(word.len()),
        };
        let end = start + word[..length].trim_end().len().max(usize::from(!word.is_empty()).min(word.len()));
        let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
        Self { line, column, start, end }
    }

    /// The part of this place that begins `offset` bytes after its start.
    #[must_use]
    pub fn part(self, text: &str, offset: usize, length: usize) -> Self {
        let start = (self.start + offset).min(text.len());
        let end = (start + length).min(text.len());
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return self;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[..start].matches('\n').count() + 1;
        Self { line, column: text[line_start..start].chars().count() + 1, start, end }
    }
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as the user names it.
    pub file: String,
    /// Its text.
    pub text: Arc<str>,
    /// Where.
    pub place: Place,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What stands beside the caret.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    #[must_use]
    pub fn new(file: &str, text: &str, place: Place, message: &str) -> Self {
        Self {
            file: file.to_owned(),
            text: text.into(),
            place,
            message: message.to_owned(),
            label: String::new(),
            help: None,
        }
    }

    /// With the words beside the caret.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    /// With help.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into();
        self
    }

    /// The mistake as text with the line it stands on, a caret and the help; with ANSI colours if asked for.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let annotation = AnnotationKind::Primary.span(self.place.start..self.place.end).label(&self.label);
        let snippet = Snippet::source(&*self.text).path(&self.file).annotation(annotation);
        let mut group: Group<'_> = Level::ERROR.primary_title(&self.message).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let rendered = renderer.render(&[group]);
        // The text may be masked: a secret that is shorter there moves the caret, but not the place in the file.
        let Place { line, column, .. } = Place::START.part(&self.text, self.place.start, 0);
        if (line, column) == (self.place.line, self.place.column) {
            return rendered;
        }
        let shown = format!("{}:{line}:{column}", self.file);
        let real = format!("{}:{}:{}", self.file, self.place.line, self.place.column);
        rendered.replacen(&shown, &real, 1)
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.place.line, self.place.column, self.message)
    }
}

/// The nearest of some names, if one is near: for "did you mean".
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    near.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}
