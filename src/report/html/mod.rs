//! The HTML report: one page that needs no network, no script and no other file.

mod case;
mod exchange;
mod page;
mod requirements;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, escape_formatter};

use super::text::visible_lines;
use crate::model::RunResult;

const TEMPLATE: &str = include_str!("../../../reports/html/report.html.j2");
const STYLE: &str = include_str!("../../../reports/html/style.css");
/// The name decides that everything is escaped for HTML.
const NAME: &str = "report.html";

/// The result as a page. Everything that is put into the template is made visible and escaped, without exception but
/// for our own style sheet.
///
/// # Panics
/// Never: the template is ours, and a test renders every part of it.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let page = page::Page::of(result, STYLE);
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
    environment
        .render_named_str(NAME, TEMPLATE, Value::from(Serde(page)))
        .expect("the template fits the page: a test renders every part of it")
}
