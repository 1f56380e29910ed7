//! JUnit XML as the xUnit plugin of Jenkins accepts it, which is the narrowest of its readers: no properties and no
//! number of assertions on a test case, times with three digits behind the point.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A whole report.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) name: String,
    pub(super) time_ms: f64,
    pub(super) suites: Vec<Suite>,
}

#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) timestamp: Option<String>,
    pub(super) time_ms: f64,
    pub(super) properties: Vec<(&'static str, String)>,
    pub(super) tests: Vec<Test>,
}

#[derive(Debug, Default)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) suite: String,
    pub(super) time_ms: f64,
    /// Nothing for a test that passed.
    pub(super) unhappy: Option<Unhappy>,
    pub(super) system_out: String,
}

/// Why a test did not pass.
#[derive(Debug)]
pub(super) struct Unhappy {
    pub(super) kind: Kind,
    /// The type, for which scimcheck has the verdict.
    pub(super) verdict: &'static str,
    pub(super) message: String,
    pub(super) body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Failure,
    Error,
    Skipped,
}

impl Kind {
    fn element(self) -> &'static str {
        match self {
            Kind::Failure => "failure",
            Kind::Error => "error",
            Kind::Skipped => "skipped",
        }
    }
}

impl Suite {
    fn count(&self, kind: Kind) -> usize {
        let of_kind = |test: &&Test| test.unhappy.as_ref().is_some_and(|unhappy| unhappy.kind == kind);
        self.tests.iter().filter(of_kind).count()
    }
}

type Out = Writer<Vec<u8>>;

/// The report as text. Everything in it has to be visible already.
pub(super) fn write(report: &Report) -> std::io::Result<String> {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let sum = |kind| report.suites.iter().map(|suite| suite.count(kind)).sum::<usize>().to_string();
    let tests: usize = report.suites.iter().map(|suite| suite.tests.len()).sum();
    let attributes = [
        ("name", report.name.clone()),
        ("tests", tests.to_string()),
        ("failures", sum(Kind::Failure)),
        ("errors", sum(Kind::Error)),
        ("time", seconds(report.time_ms)),
    ];
    element(&mut out, "testsuites", &attributes, |out| {
        report.suites.iter().try_for_each(|suite| write_suite(out, suite))
    })?;
    let mut bytes = out.into_inner();
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

fn write_suite(out: &mut Out, suite: &Suite) -> std::io::Result<()> {
    let mut attributes = vec![
        ("name", suite.name.clone()),
        ("tests", suite.tests.len().to_string()),
        ("failures", suite.count(Kind::Failure).to_string()),
        ("errors", suite.count(Kind::Error).to_string()),
        ("skipped", suite.count(Kind::Skipped).to_string()),
        ("time", seconds(suite.time_ms)),
    ];
    attributes.extend(suite.timestamp.clone().map(|timestamp| ("timestamp", timestamp)));
    element(out, "testsuite", &attributes, |out| {
        if !suite.properties.is_empty() {
            element(out, "properties", &[], |out| {
                suite.properties.iter().try_for_each(|(name, value)| {
                    let attributes = [("name", (*name).to_owned()), ("value", value.clone())];
                    out.write_event(Event::Empty(start("property", &attributes)))
                })
            })?;
        }
        suite.tests.iter().try_for_each(|test| write_test(out, test))
    })
}

fn write_test(out: &mut Out, test: &Test) -> std::io::Result<()> {
    let attributes =
        [("name", test.name.clone()), ("classname", test.suite.clone()), ("time", seconds(test.time_ms))];
    if test.unhappy.is_none() && test.system_out.is_empty() {
        return out.write_event(Event::Empty(start("testcase", &attributes)));
    }
    element(out, "testcase", &attributes, |out| {
        if let Some(unhappy) = &test.unhappy {
            let attributes = [("type", unhappy.verdict.to_owned()), ("message", unhappy.message.clone())];
            text(out, unhappy.kind.element(), &attributes, &unhappy.body)?;
        }
        if test.system_out.is_empty() { Ok(()) } else { text(out, "system-out", &[], &test.system_out) }
    })
}

/// An element that holds text; white space in it is kept as it is.
fn text(out: &mut Out, name: &str, attributes: &[(&str, String)], content: &str) -> std::io::Result<()> {
    if content.is_empty() {
        return out.write_event(Event::Empty(start(name, attributes)));
    }
    out.write_event(Event::Start(start(name, attributes)))?;
    out.write_event(Event::Text(BytesText::new(content)))?;
    out.write_event(Event::End(BytesEnd::new(name)))
}

fn element(
    out: &mut Out,
    name: &str,
    attributes: &[(&str, String)],
    content: impl FnOnce(&mut Out) -> std::io::Result<()>,
) -> std::io::Result<()> {
    out.write_event(Event::Start(start(name, attributes)))?;
    content(out)?;
    out.write_event(Event::End(BytesEnd::new(name)))
}

fn start<'n>(name: &'n str, attributes: &[(&str, String)]) -> BytesStart<'n> {
    let pairs = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    BytesStart::new(name).with_attributes(pairs)
}

/// Seconds with three digits behind the point: more are not allowed.
fn seconds(ms: f64) -> String {
    let seconds = ms / 1000.0;
    format!("{:.3}", if seconds.is_finite() { seconds.max(0.0) } else { 0.0 })
}
