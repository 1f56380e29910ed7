//! What is known about the faults of the reference server (`fixtures/faults/`): what each one does wrong, where it was
//! seen, and which requirements it violates. What makes them are the hooks in the server, joined by id.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use crate::model::{Level, RequirementId};

/// How bad a fault is for whoever provisions against such a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Accounts are wrong, lost, or open to somebody else.
    High,
    /// Provisioning breaks for some clients or some data.
    Medium,
    /// A nuisance.
    Low,
}

/// Who says that it is a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normative {
    /// An RFC forbids it.
    Rfc,
    /// The RFCs leave it open, but it breaks identity providers.
    Interop,
    /// A profile, OAuth or good practice forbids it.
    Profile,
}

impl Normative {
    /// Its name in descriptions.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Normative::Rfc => "rfc",
            Normative::Interop => "interop",
            Normative::Profile => "profile",
        }
    }
}

/// What somebody needs beside a plain client to see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observable {
    /// Nothing.
    #[default]
    #[serde(rename = "nothing special")]
    NothingSpecial,
    /// The credential of another tenant.
    SecondTenant,
    /// Requests at the same time.
    Concurrency,
    /// A way to try tokens of users: introspection, a protected endpoint, a login.
    TokenProbe,
    /// A credential with other rights, or one that has expired or was revoked.
    Credential,
    /// Bytes that no HTTP client library sends.
    RawHttp,
}

/// A fault as its description has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultDescription {
    /// Its name; never changes.
    pub id: String,
    /// Part of the protocol: the name of the file.
    #[serde(skip_deserializing)]
    pub area: String,
    /// How bad it is.
    pub severity: Severity,
    /// Who says that it is a fault.
    pub normative: Normative,
    /// In one line.
    pub title: String,
    /// What the server does wrong, as it looks on the wire.
    pub does: String,
    /// What that breaks in practice.
    #[serde(default)]
    pub breaks: String,
    /// What is right, and where an RFC says so.
    pub correct: String,
    /// The requirements that it violates.
    pub requirements: Vec<RequirementId>,
    /// Where it was seen: links, with a word about them if need be.
    #[serde(default)]
    pub sources: Vec<String>,
    /// What makes it observable.
    #[serde(default)]
    pub observable: Observable,
    /// Why no client can see it over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unobservable: Option<String>,
    /// Why it is the same as being right, or the same as another fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equivalent: Option<String>,
    /// Why the server cannot be given it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unbuilt: Option<String>,
}

impl FaultDescription {
    /// Whether it cites something that a server can break: no server breaks a MAY, or what only binds clients. An id that
    /// is not in the catalogue is another mistake.
    #[must_use]
    pub fn breaks_a_demand(&self, catalogue: &Catalogue) -> bool {
        self.requirements.iter().any(|id| {
            let requirement = catalogue.requirement(id);
            requirement
                .is_none_or(|requirement| requirement.level != Level::May && requirement.party != "client")
        })
    }
}

/// A file of descriptions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    area: String,
    faults: Vec<Value>,
}

/// All descriptions.
#[derive(Debug)]
pub struct Faults {
    all: Vec<FaultDescription>,
}

impl Faults {
    /// Those that the binary brings, by area and in the order of their files.
    ///
    /// # Panics
    /// Never in a released binary: a test reads every embedded file.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static FAULTS: OnceLock<Faults> = OnceLock::new();
        FAULTS.get_or_init(|| {
            const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/embedded_faults.json"));
            Self::read(JSON).unwrap_or_else(|mistakes| panic!("fixtures/faults:\n{}", mistakes.join("\n")))
        })
    }

    /// From a JSON array of file names and contents. The error names every mistake with its file and fault.
    fn read(json: &str) -> Result<Self, Vec<String>> {
        let files: Vec<(String, Value)> = serde_json::from_str(json).map_err(|e| vec![e.to_string()])?;
        let (mut all, mut mistakes) = (Vec::new(), Vec::new());
        for (name, content) in files {
            let file: File = match serde_json::from_value(content) {
                Ok(file) => file,
                Err(error) => {
                    mistakes.push(format!("{name}: {error}"));
                    continue;
                }
            };
            if name != format!("{}.yaml", file.area) {
                mistakes.push(format!("{name}: the area `{}` belongs into {}.yaml", file.area, file.area));
            }
            for (index, fault) in file.faults.into_iter().enumerate() {
                let id = fault.get("id").and_then(Value::as_str);
                let id = id.map_or_else(|| format!("fault {}", index + 1), str::to_owned);
                match serde_json::from_value::<FaultDescription>(fault) {
                    Ok(fault) => all.push(FaultDescription { area: file.area.clone(), ..fault }),
                    Err(error) => mistakes.push(format!("{name}: {id}: {error}")),
                }
            }
        }
        if mistakes.is_empty() { Ok(Self { all }) } else { Err(mistakes) }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[FaultDescription] {
        &self.all
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&FaultDescription> {
        self.all.iter().find(|fault| fault.id == id)
    }

    /// Where the faults that are built come from, as a sentence ends: how many real servers had, of those that a client
    /// can see.
    #[must_use]
    pub fn origin(&self) -> String {
        let built = |fault: &&FaultDescription| {
            fault.unbuilt.is_none() && fault.unobservable.is_none() && fault.equivalent.is_none()
        };
        let seen = self.all.iter().filter(built).filter(|fault| !fault.sources.is_empty()).count();
        format!(
            "{seen} of them from the reports of real servers, the rest made so that every check is seen to fail"
        )
    }

    /// What is wrong with the descriptions, one line each: `FILE: FAULT: what`. `built` are the ids that have hooks.
    #[must_use]
    pub fn mistakes(&self, catalogue: &Catalogue, built: &BTreeSet<&str>) -> Vec<String> {
        let mut found = Vec::new();
        let mut ids = BTreeSet::new();
        for fault in &self.all {
            let mut wrong = |what: String| found.push(format!("{}.yaml: {}: {what}", fault.area, fault.id));
            if !ids.insert(&*fault.id) {
                wrong("is described twice".to_owned());
            }
            if fault.title.contains('\n') || fault.title.ends_with('.') || fault.title.trim().is_empty() {
                wrong("`title` is one line without a full stop".to_owned());
            }
            for id in &fault.requirements {
                if catalogue.requirement(id).is_none() {
                    wrong(format!("{id} is not in the catalogue (`scimcheck list requirements`)"));
                }
            }
            match (built.contains(&*fault.id), &fault.unbuilt) {
                (true, Some(_)) => wrong("has hooks in src/server/fault, so take `unbuilt` out".to_owned()),
                (false, None) if fault.unobservable.is_some() || fault.equivalent.is_some() => {}
                (false, None) => {
                    wrong("has no hooks in src/server/fault: add some, or say `unbuilt: why`".to_owned());
                }
                (false, Some(_)) => {}
                (true, None) => {
                    if fault.breaks.trim().is_empty() {
                        wrong("`breaks` is to say what this breaks in practice".to_owned());
                    }
                    if fault.normative == Normative::Rfc && fault.requirements.is_empty() {
                        wrong("`requirements` is empty: what does it violate?".to_owned());
                    } else if fault.normative == Normative::Rfc && !fault.breaks_a_demand(catalogue) {
                        let why = "a server breaks no MAY, and nothing that only binds clients: cite what it breaks, or say interop";
                        wrong(why.to_owned());
                    }
                }
            }
        }
        let undescribed = built.iter().filter(|id| !ids.contains(**id));
        found.extend(undescribed.map(|id| format!("{id}: has hooks, but no description in fixtures/faults")));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_descriptions_are_read() {
        let faults = Faults::embedded();
        assert!(faults.all().len() >= 269, "{}", faults.all().len());
        assert!(faults.get("etag-weak").is_none());
    }

    #[test]
    fn what_an_rfc_forbids_breaks_something_that_binds_a_server() {
        let built = BTreeSet::from(["a"]);
        for (cited, sound) in [
            (&["RFC7644-3.4.2-01"][..], false),
            (&["RFC9865-2-15", "RFC7644-3.4.2-01"], false),
            (&["RFC9865-2-15", "RFC7643-3-06"], true),
            (&["RFC7644-3.5.2-09"], true),
        ] {
            let mut fault = Faults::embedded().all()[0].clone();
            "a".clone_into(&mut fault.id);
            fault.normative = Normative::Rfc;
            fault.requirements = cited.iter().map(|id| RequirementId::from(*id)).collect();
            let mistakes = Faults { all: vec![fault] }.mistakes(Catalogue::embedded(), &built);
            assert_eq!(mistakes.is_empty(), sound, "{cited:?}: {mistakes:?}");
        }
    }

    #[test]
    fn the_readme_says_where_they_come_from() {
        let readme = include_str!("../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
        let origin = Faults::embedded().origin();
        assert!(readme.contains(&origin), "README.md has to say: {origin}");
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let good = r#"{"id":"a","severity":"low","normative":"rfc","title":"t","does":"d","correct":"c","requirements":[]}"#;
        let json = format!(
            r#"[["x.yaml",{{"area":"y","faults":[{good},{{"id":"b"}},{{"id":"c","titel":""}}]}}],["z.yaml",3]]"#
        );
        let mistakes = Faults::read(&json).unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
        assert!(mistakes[0].starts_with("x.yaml: the area `y` belongs into y.yaml"), "{mistakes:?}");
        assert!(mistakes[1].starts_with("x.yaml: b: missing field `severity`"), "{mistakes:?}");
        assert!(mistakes[2].starts_with("x.yaml: c: unknown field `titel`"), "{mistakes:?}");
        let faults = Faults::read(&format!(r#"[["y.yaml",{{"area":"y","faults":[{good}]}}]]"#)).unwrap();
        let mistakes = faults.mistakes(Catalogue::embedded(), &BTreeSet::from(["a", "b"]));
        assert_eq!(
            mistakes,
            [
                "y.yaml: a: `breaks` is to say what this breaks in practice",
                "y.yaml: a: `requirements` is empty: what does it violate?",
                "b: has hooks, but no description in fixtures/faults",
            ]
        );
    }
}
