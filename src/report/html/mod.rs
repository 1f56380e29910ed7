//! The HTML report: one page that needs no network and no other file. It can be read without its script, which filters,
//! copies and helps to get about.

mod bar;
mod case;
mod cause;
mod clients;
mod comparison;
mod context;
mod coverage;
mod exchange;
mod finding;
mod marks;
mod operation;
mod page;
mod policy;
mod requirements;
mod revocation;
mod rows;
mod timeline;

use std::error::Error as _;
use std::fmt::Write as _;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, HtmlEscape, UndefinedBehavior, escape_formatter};

pub use self::comparison::render_diff;
use super::text::visible_lines;
use crate::model::RunResult;

/// The templates; their names decide that everything is escaped for HTML.
const TEMPLATES: [(&str, &str); 10] = [
    ("report.html", include_str!("../../../reports/html/report.html.j2")),
    ("macros.html", include_str!("../../../reports/html/macros.html.j2")),
    ("coverage.html", include_str!("../../../reports/html/coverage.html.j2")),
    ("revocation.html", include_str!("../../../reports/html/revocation.html.j2")),
    ("timeline.html", include_str!("../../../reports/html/timeline.html.j2")),
    ("filter.html", include_str!("../../../reports/html/filter.html.j2")),
    ("findings.html", include_str!("../../../reports/html/findings.html.j2")),
    ("cases.html", include_str!("../../../reports/html/cases.html.j2")),
    ("requirements.html", include_str!("../../../reports/html/requirements.html.j2")),
    ("diff.html", include_str!("../../../reports/html/diff.html.j2")),
];
const STYLE: &str =
    concat!(include_str!("../../../reports/html/style.css"), include_str!("../../../reports/html/parts.css"));
const SCRIPT: &str = concat!(
    include_str!("../../../reports/html/filter.js"),
    include_str!("../../../reports/html/navigate.js"),
    include_str!("../../../reports/html/comfort.js")
);

/// The result as a page. Everything that is put into the template is made visible and escaped, without exception but
/// for our own style sheet and script.
///
/// # Panics
/// Never: the templates are ours, and a test renders every part of them.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let mut page = Vec::new();
    write(result, &mut page)
        .expect("memory takes everything, and a test renders every part of the templates");
    String::from_utf8(page).expect("templates and values are text")
}

/// Writes what [`render`] gives, piece by piece.
///
/// # Errors
/// If `out` fails.
///
/// # Panics
/// Never: the templates are ours, and a test renders every part of them.
pub fn write(result: &RunResult, out: &mut dyn io::Write) -> io::Result<()> {
    let page = page::Page::of(result);
    let environment = environment();
    let report = environment.get_template("report.html").expect("it was added");
    report.render_captured_to(Value::from(Serde(page)), out).map(drop).map_err(|error| failure(&error))
}

/// What `out` said, without the place in the template where it said it.
fn failure(error: &minijinja::Error) -> io::Error {
    match error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        Some(source) => io::Error::new(source.kind(), source.to_string()),
        None => io::Error::other(error.to_string()),
    }
}

/// A text as HTML in which what stands between backticks is code. Everything is made visible and escaped.
fn ticks(text: &str) -> String {
    let shown = visible_lines(text);
    let parts: Vec<_> = shown.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // One is left over: they are no quotes.
        return HtmlEscape(&shown).to_string();
    }
    let mut html = String::with_capacity(shown.len() + 16);
    for (number, part) in parts.into_iter().enumerate() {
        let part = HtmlEscape(part);
        let _ = if number % 2 == 0 { write!(html, "{part}") } else { write!(html, "<code>{part}</code>") };
    }
    html
}

/// Our templates, in which every value is made visible and escaped.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            escape_formatter(out, state, &Value::from(visible_lines(text).into_owned()))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("ticks", |text: String| Value::from_safe_string(ticks(&text)));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("a test reads every template");
    }
    environment
}
