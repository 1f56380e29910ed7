//! Baselines: failures that are known, with the reason. Read as suites are: text → tree with places → JSON Schema →
//! what no schema can say; every mistake at once.

mod propose;

use std::collections::HashMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::propose::propose;
use super::diagnostic::{Diagnostic, Place, nearest};
use super::schema::no_null_members;
use super::source::Source;
use super::validate;
use super::yaml::Document;
use crate::model::baseline::is_over;
use crate::model::glob::fits_check;

/// A file of known failures.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    /// Version of this format: 1.
    #[serde(rename = "format")]
    #[schemars(range(min = 1, max = 1))]
    _format: u32,
    /// The failures that are known.
    known: Vec<KnownFailure>,
}

/// Checks that are known to fail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// The id of a check, as in `patch/remove/member-by-value-filter#other-member-kept`. `*` stands for any text; an id
    /// without `#` stands for all checks of the case, and of all cases below it.
    #[schemars(length(min = 1))]
    pub check: String,
    /// Why they fail, and why that is accepted: a sentence for whoever reads the report.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Where more about it stands, as a rule an issue: `https://…`.
    #[serde(default)]
    pub link: Option<String>,
    /// The last day on which they are excused, as in `2026-12-31`. Default: for ever.
    #[serde(default)]
    pub expires: Option<String>,
    /// Line in the file, from 1.
    #[serde(skip)]
    pub line: u32,
}

impl KnownFailure {
    /// Whether it lists a check.
    #[must_use]
    pub fn lists(&self, check: &str) -> bool {
        fits_check(&self.check, check)
    }

    /// Whether it does not excuse any more on a day (`2026-12-31`).
    #[must_use]
    pub fn is_expired(&self, today: &str) -> bool {
        is_over(self.expires.as_deref(), today)
    }
}

/// The known failures of a target.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The entries, in their order.
    pub known: Vec<KnownFailure>,
    source: Source,
    document: Document,
}

impl Baseline {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Every mistake, in the order of their places.
    pub fn read(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let document = Document::parse(source).map_err(in_words_of_baselines)?;
        let of_form = validate::validate(&document, schema(), validator(), &source.name, &source.text);
        if !of_form.is_empty() {
            return Err(of_form);
        }
        let file: BaselineFile = serde_json::from_value(document.value.clone()).map_err(|error| {
            // The schema is generated from the types, so this is a gap between both.
            vec![Diagnostic::in_source(source, Place::START, &format!("not a baseline: {error}"))]
        })?;
        let mut known = file.known;
        for (index, entry) in known.iter_mut().enumerate() {
            let line = document.place_of(&format!("/known/{index}")).line;
            entry.line = u32::try_from(line).unwrap_or(u32::MAX);
        }
        let baseline = Self { known, source: source.clone(), document };
        let mistakes = baseline.mistakes();
        if mistakes.is_empty() { Ok(baseline) } else { Err(mistakes) }
    }

    /// The file, as the user named it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// A mistake for every entry that can list none of the checks that there are. `may_list` says whether an id or glob
    /// can fit one of them, rows that only a target knows included; `checks` are their ids.
    #[must_use]
    pub fn unknown(&self, may_list: &dyn Fn(&str) -> bool, checks: &[String]) -> Vec<Diagnostic> {
        let unknown = self.known.iter().enumerate().filter(|(_, entry)| !may_list(&entry.check));
        let mistake = |(index, entry): (usize, &KnownFailure)| {
            let help = match nearest(&entry.check, checks.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`scimcheck list checks` shows all ids".to_owned(),
            };
            self.at(index, "check", &format!("no check fits `{}`", entry.check))
                .label("lists nothing")
                .help(help)
        };
        unknown.map(mistake).collect()
    }

    fn at(&self, index: usize, key: &str, message: &str) -> Diagnostic {
        Diagnostic::in_source(&self.source, self.document.place_of(&format!("/known/{index}/{key}")), message)
    }

    /// What no schema can say.
    fn mistakes(&self) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        let mut seen: HashMap<&str, u32> = HashMap::new();
        for (index, entry) in self.known.iter().enumerate() {
            if let Some(first) = seen.insert(&entry.check, entry.line) {
                let message = format!("`{}` is listed twice", entry.check);
                mistakes.push(
                    self.at(index, "check", &message)
                        .label("once more")
                        .help(format!("first in line {first}")),
                );
            }
            if entry.reason.trim().is_empty() {
                let help = "say why the failure is known, and why it is accepted".to_owned();
                mistakes.push(
                    self.at(index, "reason", "the reason is empty").label("nothing behind it").help(help),
                );
            }
            if entry.link.as_deref().is_some_and(|link| !is_web_page(link)) {
                let mistake =
                    self.at(index, "link", "`link` is not the URL of a web page").label("not usable");
                mistakes.push(mistake.help("as in `https://example.com/issues/12`".to_owned()));
            }
            if let Some(expires) = entry.expires.as_deref().filter(|expires| !is_date(expires)) {
                let mistake =
                    self.at(index, "expires", &format!("`{expires}` is not a date")).label("not a day");
                mistakes.push(mistake.help("a date is as in `2026-12-31`".to_owned()));
            }
        }
        mistakes
    }
}

/// What the reader of YAML says about suites.
fn in_words_of_baselines(mut mistakes: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for help in mistakes.iter_mut().filter_map(|mistake| mistake.help.as_mut()) {
        *help = help.replace("docs/suite-format.md", "docs/reports.md");
    }
    mistakes
}

fn is_web_page(link: &str) -> bool {
    let web = link.starts_with("https://") || link.starts_with("http://");
    web && url::Url::parse(link).is_ok() && !link.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// The JSON Schema (2020-12) of a baseline.
#[must_use]
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = schemars::schema_for!(BaselineFile).to_value();
        schema["title"] = json!("scimcheck baseline, format 1");
        schema["properties"]["format"] = json!({ "description": "Version of this format: 1.", "const": 1 });
        no_null_members(&mut schema);
        schema
    })
}

fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::validator_for(schema()).expect("a generated schema is valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SCIMCHECK_BLESS=1 cargo test` writes the file anew.
    #[test]
    fn the_checked_in_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/baseline.schema.json");
        let text = format!("{:#}\n", schema());
        if std::env::var_os("SCIMCHECK_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let fresh = std::fs::read_to_string(path).is_ok_and(|checked_in| checked_in == text);
        assert!(
            fresh,
            "reports/schema/baseline.schema.json is stale: SCIMCHECK_BLESS=1 cargo test writes it anew"
        );
    }
}
