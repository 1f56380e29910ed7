//! What the form of a suite cannot say: ids, citations, templates in scope, requests that are safe and mean something.

mod citations;
mod features;
mod ids;
mod logins;
mod matchers;
mod names;
mod owned;
mod requests;
mod rows;
mod secrets;
mod steps;
mod templates;

use super::catalogue::Catalogue;
use super::diagnostic::{Diagnostic, Place};
use super::format::{Case, SetupEntry};
use super::load::Parsed;
use super::parallel::in_parallel;
pub use steps::default_requirement;

use names::{Names, created_name};

/// All mistakes of some suites.
pub(crate) fn lint(suites: &[Parsed], catalogue: &Catalogue) -> Vec<Diagnostic> {
    let mut found = ids::across_files(suites);
    let of_each = in_parallel(suites, |parsed| {
        let mut linter = Linter { parsed, catalogue, found: Vec::new() };
        linter.suite();
        linter.found
    });
    found.extend(of_each.into_iter().flatten());
    found
}

struct Linter<'a> {
    parsed: &'a Parsed,
    catalogue: &'a Catalogue,
    found: Vec<Diagnostic>,
}

/// What surrounds a part of a case.
#[derive(Clone, Copy)]
struct Context<'c> {
    case: &'c Case,
    /// Everything that has to hold for the part to run, from the suite inwards.
    requires: &'c [&'c [String]],
}

impl<'c> Context<'c> {
    fn with<'x>(&self, requires: &'x [String]) -> Vec<&'x [String]>
    where
        'c: 'x,
    {
        self.requires.iter().copied().chain([requires]).collect()
    }
}

/// A mistake that is being described; [`Mistake::push`] records it.
struct Mistake<'l, 'a> {
    linter: &'l mut Linter<'a>,
    /// Whether it follows from a mistake of form that is reported already.
    consequence: bool,
    diagnostic: Diagnostic,
}

impl Mistake<'_, '_> {
    fn label(mut self, label: &str) -> Self {
        self.diagnostic = self.diagnostic.label(label);
        self
    }

    fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.diagnostic = self.diagnostic.help(help);
        self
    }

    fn push(self) {
        if !self.consequence {
            self.linter.found.push(self.diagnostic);
        }
    }
}

impl<'a> Linter<'a> {
    /// A mistake in the value at a pointer.
    fn mistake(&mut self, pointer: &str, message: &str) -> Mistake<'_, 'a> {
        self.mistake_at(pointer, self.parsed.document.place_of(pointer), message)
    }

    /// A mistake that is the key at a pointer.
    fn mistake_at_key(&mut self, pointer: &str, message: &str) -> Mistake<'_, 'a> {
        self.mistake_at(pointer, self.parsed.document.place_of_key(pointer), message)
    }

    /// A mistake in the value at a pointer, with the place of the part that is meant.
    fn mistake_at(&mut self, pointer: &str, place: Place, message: &str) -> Mistake<'_, 'a> {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let consequence = !pointer.is_empty()
            && self.parsed.repaired.iter().any(|other| within(other, pointer) || within(pointer, other));
        let diagnostic = Diagnostic::in_source(&self.parsed.source, place, message).label("here");
        Mistake { linter: self, consequence, diagnostic }
    }

    /// Where a part of the text at a pointer stands, a template with its closing brace; the whole text if escapes
    /// make it look different.
    fn template_place(&self, at: &str, part: &str) -> Place {
        let source = &self.parsed.source.text;
        let whole = self.parsed.document.place_of(at);
        let Some(offset) = source.get(whole.start..whole.end).and_then(|text| text.find(part)) else {
            return whole;
        };
        let rest = &source[whole.start + offset..whole.end];
        let closed = rest.find('}').filter(|_| part.starts_with("${") && part.len() > 2).map(|end| end + 1);
        whole.part(source, offset, closed.unwrap_or(part.len()))
    }

    /// Whether the suite has something at a pointer.
    fn has(&self, pointer: &str) -> bool {
        self.parsed.document.value.pointer(pointer).is_some()
    }

    /// Whether all names of a case are known: what was repaired in it may have given one.
    fn names_are_certain(&self, at: &str) -> bool {
        const NAMING: [&str; 7] = ["setup", "as", "capture", "matrix", "derive", "only", "each"];
        let case: String = at.split('/').take(3).collect::<Vec<_>>().join("/") + "/";
        let mut within = self.parsed.repaired.iter().filter_map(|pointer| pointer.strip_prefix(&case));
        !within.any(|rest| {
            let mut keys = rest.split('/');
            // A step as a whole, or the list of them.
            keys.clone().count() <= 2 && rest.starts_with("steps") || keys.any(|key| NAMING.contains(&key))
        })
    }

    fn suite(&mut self) {
        let spec = &self.parsed.spec;
        if spec.format != 1 {
            self.mistake("/format", &format!("format {} of the suite language is not known", spec.format))
                .label("unknown format")
                .help("this version reads `format: 1`".to_owned())
                .push();
        }
        self.suite_id("/suite", &spec.suite);
        self.title("/title", &spec.title);
        if spec.cases.is_empty() {
            self.mistake("/cases", "the suite has no cases")
                .label("an empty list")
                .help("a case has an `id`, a `title` and `steps`".to_owned())
                .push();
        }
        self.suite_templates();
        self.features("/requires", &spec.requires, None);
        self.contradiction("/requires", &spec.requires, &[]);
        let ids = spec.cases.iter().enumerate().map(|(i, case)| (format!("/cases/{i}/id"), case.id.clone()));
        self.unique("case", "id", ids.collect());
        for (index, case) in spec.cases.iter().enumerate() {
            self.case(case, &format!("/cases/{index}"));
        }
        self.secrets();
    }

    fn title(&mut self, at: &str, title: &str) {
        if title.trim().is_empty() {
            self.mistake(at, "the title is empty")
                .label("says nothing")
                .help("one line for people".to_owned())
                .push();
        }
    }

    fn case(&mut self, case: &'a Case, at: &str) {
        let suite = &self.parsed.spec.requires;
        self.id(&format!("{at}/id"), "case", &case.id);
        self.title(&format!("{at}/title"), &case.title);
        self.features(&format!("{at}/requires"), &case.requires, Some(case));
        self.contradiction(&format!("{at}/requires"), &case.requires, suite);
        if let Some(timeout) = &case.timeout {
            self.duration(&format!("{at}/timeout"), timeout);
        }
        self.rows(case, at);
        self.case_templates(case, at);
        if case.steps.is_empty() {
            self.mistake(&format!("{at}/steps"), "the case has no steps")
                .label("an empty list")
                .help("a step has a `name`, a `request` and what must hold of its response".to_owned())
                .push();
        }
        self.steps_and_checks(case, at);
        let requires: [&[String]; 2] = [suite, &case.requires];
        let context = Context { case, requires: &requires };
        let mut names = Names::of(case);
        for (index, entry) in case.setup.iter().enumerate() {
            self.setup(entry, &format!("{at}/setup/{index}"), &context, &mut names);
        }
        for (index, step) in case.steps.iter().enumerate() {
            self.step(step, &format!("{at}/steps/{index}"), &context, &mut names);
        }
    }

    fn setup(&mut self, entry: &'a SetupEntry, at: &str, context: &Context<'_>, names: &mut Names) {
        match (&entry.create, &entry.step) {
            (Some(_), Some(_)) => self
                .mistake_at_key(&format!("{at}/step"), "an entry of set-up is `create` or `step`, not both")
                .label("a second one")
                .help("make it two entries".to_owned())
                .push(),
            (None, None) => self
                .mistake(at, "an entry of set-up needs `create` or `step`")
                .label("in this entry")
                .help("as in { create: User, as: made }".to_owned())
                .push(),
            (None, Some(step)) => {
                for key in ["as", "count", "payload", "with"] {
                    if !self.has(&format!("{at}/{key}")) {
                        continue;
                    }
                    self.mistake_at_key(&format!("{at}/{key}"), &format!("`{key}` goes with `create`"))
                        .label("not looked at")
                        .help("a step has an `as` of its own, below `step`".to_owned())
                        .push();
                }
                self.step(step, &format!("{at}/step"), context, names);
            }
            (Some(kind), None) => {
                self.in_scope(at, &["create", "as", "with"], names);
                self.resource_type(&format!("{at}/create"), kind, context.requires);
                self.identifiers(&format!("{at}/with"), &entry.with, names);
                if let Some(name) = created_name(entry).filter(|name| !name.contains("${")) {
                    let key = if entry.name.is_some() { "as" } else { "create" };
                    self.name_once(&format!("{at}/{key}"), &name, names);
                }
                names.create(entry);
            }
        }
    }
}
