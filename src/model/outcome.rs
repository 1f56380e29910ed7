//! What a run found: the content of `results.json`. Everything here is redacted already, and every report is made
//! from it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    BaselineResult, Brief, ChannelLatency, ExchangeId, Excuse, FailureKind, FeatureState, Headers, Latency,
    Level, Phase, RequirementId, Verdict,
};

/// How many of each verdict.
pub type Counts = BTreeMap<Verdict, usize>;

/// The result of a whole run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// Version of this format: 1.
    pub format: u32,
    /// What made it.
    pub tool: ToolInfo,
    /// What was tested.
    pub target: TargetInfo,
    /// The seed of all generated ids.
    pub seed: u64,
    /// When the run began, RFC 3339 in UTC.
    pub started: String,
    /// Wall time of the run in milliseconds.
    pub duration_ms: f64,
    /// Why the run is not complete (interrupted, run timeout), if it is not.
    pub partial: Option<String>,
    /// The part of the cases that this run was given, as in `hash:1/4`, if it was given a part only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The command-line arguments that select cases, if not all of them were to run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<String>,
    /// For a result that was merged from parts with different seeds: the seeds of the cases, by id, whose seed was not
    /// [`RunResult::seed`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seeds: BTreeMap<String, u64>,
    /// What the baseline of known failures said, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineResult>,
    /// What the target can do, and from where that is known.
    pub features: BTreeMap<String, FeatureState>,
    /// Cases by verdict.
    pub counts: Counts,
    /// Checks by verdict.
    pub check_counts: Counts,
    /// Every case, in plan order; the findings of discovery and of the invariants stand in cases of their own
    /// (`discovery/…`, `invariants/…`).
    pub cases: Vec<CaseResult>,
    /// Every exchange that a case or finding refers to.
    pub exchanges: Vec<RecordedExchange>,
    /// The other requests of the cases, by id of the case: clean-up, all but the first of many alike in the set-up, tries
    /// that were not the last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub briefs: BTreeMap<String, Vec<Brief>>,
    /// Every requirement of the catalogue: judged how often and how, or why not.
    pub requirements: BTreeMap<RequirementId, RequirementResult>,
    /// Resources that this run created and could not delete.
    pub left_over: Vec<LeftOver>,
}

impl RunResult {
    /// How long it took until logins ended after their user was deactivated or deleted, by channel.
    #[must_use]
    pub fn revocation_latencies(&self) -> Vec<ChannelLatency> {
        ChannelLatency::of(self.latencies().filter(|latency| latency.cause.closes_the_account()))
    }

    /// The same after anything else that is to end logins: a change of the password, a revocation of the token, a logout.
    #[must_use]
    pub fn other_latencies(&self) -> Vec<ChannelLatency> {
        ChannelLatency::of(self.latencies().filter(|latency| !latency.cause.closes_the_account()))
    }

    fn latencies(&self) -> impl Iterator<Item = &Latency> {
        self.cases.iter().flat_map(|case| &case.latencies)
    }
}

/// The program that made a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolInfo {
    /// `scimcheck`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The target of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetInfo {
    /// Its name in the configuration, or its URL.
    pub name: String,
    /// Base URL.
    pub base_url: String,
    /// Whether it is the embedded reference server, which listens on another port in every run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub embedded: bool,
    /// Profile, if one was chosen.
    pub profile: Option<String>,
    /// The command-line arguments that lead to it, and to the suites: what a command needs to repeat a case. Without
    /// credentials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
}

/// The result of one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// Stable id, as in `crud/create/minimal`.
    pub id: String,
    /// Id of its suite.
    pub suite: String,
    /// What it is about, for people.
    pub title: String,
    /// Part of the protocol: the area of most of its requirements.
    pub area: String,
    /// The worst of its checks.
    pub verdict: Verdict,
    /// Why there is no other verdict: what is not supported, what blocked it, what went wrong.
    pub reason: Option<String>,
    /// Features that it requires.
    pub requires: Vec<String>,
    /// Start, in milliseconds since the run began.
    pub started_ms: f64,
    /// Wall time in milliseconds.
    pub duration_ms: f64,
    /// Its findings.
    pub checks: Vec<Finding>,
    /// Which of the outcomes that the RFCs leave open were taken.
    pub outcomes: Vec<OutcomeTaken>,
    /// Its exchanges in the order they began.
    pub exchanges: Vec<ExchangeId>,
    /// How long revocations took that it waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latencies: Vec<Latency>,
    /// Where the case stands.
    pub source: Option<SourceRef>,
}

/// The beginning of the reason why a case does not run that belongs to another part of the run.
pub const OTHER_PARTITION: &str = "not in the partition";

impl CaseResult {
    /// Whether the case did not run because another part of the run has it.
    #[must_use]
    pub fn is_of_another_part(&self) -> bool {
        self.verdict == Verdict::Deselected
            && self.reason.as_deref().is_some_and(|reason| reason.starts_with(OTHER_PARTITION))
    }

    /// Whether the user's selection left the case out.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        self.verdict == Verdict::Deselected && !self.is_of_another_part()
    }
}

/// The judgement of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable id within all suites: `CASE#CHECK`.
    pub id: String,
    /// The requirement it verifies.
    pub requirement: RequirementId,
    /// The level it was judged at: the requirement's, or lower.
    pub level: Level,
    /// The judgement.
    pub verdict: Verdict,
    /// What was wanted, in one or a few lines; empty when it holds and nothing else is worth saying.
    pub wanted: String,
    /// What came.
    pub got: String,
    /// Where: `status`, a header, or a place in the body.
    pub at: String,
    /// The exchange that it judges.
    pub exchange: Option<ExchangeId>,
    /// A one-sentence guess at the cause, when a well-known mistake fits.
    pub hint: Option<String>,
    /// The known fault of other servers that makes the same checks fail, if there is one: `scimcheck explain` tells its
    /// story.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
    /// Why the check is as it is; for a tolerated behaviour, what is tolerated.
    pub why: Option<String>,
    /// Slugs of the ambiguities that were taken into account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub see: Vec<String>,
    /// Why nothing was judged (not-applicable, blocked, error).
    pub reason: Option<String>,
    /// What the baseline of known failures says about it, if it lists the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excuse: Option<Box<Excuse>>,
    /// For an invariant: on how many responses it was judged, and on how many it did not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_on: Option<u64>,
    /// See [`Finding::judged_on`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_on: Option<u64>,
    /// Where the check stands.
    pub source: Option<SourceRef>,
}

impl Finding {
    /// A finding that says its verdict and nothing else yet.
    #[must_use]
    pub fn new(id: String, requirement: RequirementId, level: Level, verdict: Verdict) -> Self {
        Self {
            id,
            requirement,
            level,
            verdict,
            wanted: String::new(),
            got: String::new(),
            at: String::new(),
            exchange: None,
            hint: None,
            looks_like: None,
            why: None,
            see: Vec::new(),
            reason: None,
            excuse: None,
            judged_on: None,
            broken_on: None,
            source: None,
        }
    }
}

/// A line of a suite file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRef {
    /// File, relative to the suites folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// How the reason of a check begins to which the run did not come before it was ended.
pub const NOT_BEGUN: &str = "not begun";

/// One of several outcomes that the RFCs allow, as the target chose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeTaken {
    /// The step.
    pub step: String,
    /// The name of the outcome.
    pub outcome: String,
}

/// What is known about a requirement after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequirementResult {
    /// Its level in the catalogue.
    pub level: Level,
    /// How many findings judged it.
    pub judged: u64,
    /// The worst of them; `None` if nothing judged it.
    pub worst: Option<Verdict>,
    /// Why nothing judged it.
    pub not_judged: Option<String>,
}

/// A resource that the run created and could not delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOver {
    /// Its URL, or where it was created.
    pub url: String,
    /// Why it is still there.
    pub reason: String,
    /// The case that made it.
    pub case: String,
}

/// An exchange after redaction: the only form that reports see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedExchange {
    /// Unique in the run.
    pub id: ExchangeId,
    /// What it was made for.
    pub phase: Phase,
    /// The name of its step.
    pub step: String,
    /// As sent.
    pub request: RecordedRequest,
    /// As received.
    pub answer: RecordedAnswer,
    /// Start, in milliseconds since the run began.
    pub started_ms: f64,
    /// Duration in milliseconds.
    pub duration_ms: f64,
    /// A curl command that repeats the request; the credential stands as a shell variable.
    pub curl: String,
}

/// A request after redaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedRequest {
    /// HTTP method.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Header names and values in order.
    pub headers: Headers,
    /// Body.
    pub body: Option<RecordedBody>,
}

/// What came back, after redaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedAnswer {
    /// An HTTP response.
    Response {
        /// Status code.
        status: u16,
        /// Header names and values in order.
        headers: Headers,
        /// Body; `None` if it is empty.
        body: Option<RecordedBody>,
    },
    /// No response.
    Failure {
        /// What kind of failure.
        kind: FailureKind,
        /// What happened.
        message: String,
    },
}

/// A body after redaction, bounded in size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedBody {
    /// The JSON value, if it is JSON, small enough to be kept whole, and not nested too deep.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub json: Option<JsonText>,
    /// Otherwise the text; bytes that are not UTF-8 stand as U+FFFD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Number of bytes that arrived (or were sent).
    pub size: u64,
    /// Whether `text` is only the beginning, or the body did not arrive whole.
    pub truncated: bool,
}

impl RecordedBody {
    /// A body that arrived whole and is JSON: kept as JSON, or as text if it is nested too deep for that.
    #[must_use]
    pub fn of_json(value: &Value, size: u64) -> Self {
        let json = JsonText::new(value);
        let text = json.is_none().then(|| value.to_string());
        Self { json, text, size, truncated: false }
    }

    /// Keeps the text of a body that came before only once: half of what a run receives, it has received before.
    pub fn share(&mut self, known: &mut HashSet<Arc<str>>) {
        let Some(JsonText(text)) = &mut self.json else { return };
        match known.get(text) {
            Some(same) => *text = Arc::clone(same),
            None => {
                known.insert(Arc::clone(text));
            }
        }
    }

    /// The body as compact text: JSON on one line, or the text as it came.
    #[must_use]
    pub fn as_text(&self) -> &str {
        self.json.as_ref().map(JsonText::as_str).or(self.text.as_deref()).unwrap_or_default()
    }
}

/// A JSON value as compact text, which takes a fraction of the memory of a [`Value`]: a run keeps thousands of bodies.
/// In `results.json` it stands as the value itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonText(Arc<str>);

impl JsonText {
    /// More levels of arrays and objects are not kept as JSON: a parser that bounds the depth (ours does, at 128) must be
    /// able to read the file, in which a body stands seven levels deep.
    pub const MAX_DEPTH: usize = 100;

    /// `None` if arrays and objects are nested more than [`JsonText::MAX_DEPTH`] deep.
    #[must_use]
    pub fn new(value: &Value) -> Option<Self> {
        (!is_deeper(value, Self::MAX_DEPTH)).then(|| Self(value.to_string().into()))
    }

    /// The text, on one line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value.
    ///
    /// # Panics
    /// Never: the text was made from a value that is not nested too deep.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("the text of a value can be read")
    }
}

/// Whether arrays and objects are nested more than `levels` deep.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let below = |item: &Value| is_deeper(item, levels.saturating_sub(1));
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(below),
        Value::Object(object) => levels == 0 || object.values().any(below),
        _ => false,
    }
}

/// The value of a key that is there: the body `null` is a body.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<JsonText>, D::Error> {
    JsonText::deserialize(deserializer).map(Some)
}

impl Serialize for JsonText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::new(&value).ok_or_else(|| {
            let levels = Self::MAX_DEPTH;
            serde::de::Error::custom(format!("a body is nested more than {levels} levels deep"))
        })
    }
}

impl JsonSchema for JsonText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnyValue".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Value::json_schema(generator)
    }
}

/// A duration in milliseconds, rounded to microseconds: short in a file, and read back exactly.
#[must_use]
pub fn milliseconds(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_back_as_it_was_written() {
        for value in [json!(null), json!({ "a": null }), json!("text")] {
            let body = RecordedBody::of_json(&value, 4);
            let written = serde_json::to_string(&body).unwrap();
            assert_eq!(serde_json::from_str::<RecordedBody>(&written).unwrap(), body, "{written}");
        }
        let text = RecordedBody { json: None, text: Some("x".to_owned()), size: 1, truncated: false };
        let written = serde_json::to_string(&text).unwrap();
        assert_eq!(serde_json::from_str::<RecordedBody>(&written).unwrap(), text);
    }

    #[test]
    fn deep_values_become_text() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |value, _| json!([value]));
        let shallow = RecordedBody::of_json(&nested(JsonText::MAX_DEPTH), 1);
        assert_eq!(shallow.json.as_ref().map(JsonText::value), Some(nested(JsonText::MAX_DEPTH)));
        let deep = RecordedBody::of_json(&nested(JsonText::MAX_DEPTH + 1), 1);
        assert_eq!(
            (&deep.json, deep.as_text()),
            (&None, nested(JsonText::MAX_DEPTH + 1).to_string().as_str())
        );
    }

    #[test]
    fn json_text_stands_as_the_value() {
        let value = json!({ "b": [1, 1.5, "\u{e9}\n"], "a": null });
        let text = JsonText::new(&value).unwrap();
        assert_eq!(serde_json::to_value(&text).unwrap(), value);
        assert_eq!(serde_json::from_value::<JsonText>(value).unwrap(), text);
    }

    #[test]
    fn durations_are_rounded_to_microseconds() {
        assert_eq!(milliseconds(std::time::Duration::from_nanos(1_234_567)).to_string(), "1.235");
    }
}
