//! The suite language, format 1, as typed structs. The JSON Schema of the format is generated from these types
//! (`scimcheck schema suite`), so their doc comments are what editors and `docs/suite-format.md` show.
//!
//! Lists are boxed slices and what few steps have is boxed, for a run keeps all suites: a `Vec` that grew keeps room for
//! more.
//!
//! No `flatten` and no `untagged` here: both lose the place of a mistake. Where the language allows several shapes
//! ([`StatusPattern`], [`Auth`], [`Count`]), the type reads a JSON value and states its own schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use super::auth::Auth;
pub use super::logins::{LoginSpec, RevokeSpec, TokenWord};
pub use super::rows::{AttributeFilter, Derive};
use super::template::{self, Scope, TemplateError};
use crate::model::{Channel, Level, RequirementId, Verdict};

/// One suite file: cases about one part of the protocol or one client.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteFile {
    /// Version of the suite language: 1.
    pub format: u32,
    /// Id of the suite, words joined by `/` and `-`, as in `patch/remove`. Case ids begin with it.
    pub suite: String,
    /// What the suite is about, for people.
    pub title: String,
    /// Features that every case needs; `!name` needs the absence.
    #[serde(default)]
    pub requires: Box<[String]>,
    /// The cases; independent of each other, run in parallel.
    pub cases: Box<[Case]>,
}

/// Set-up, steps, clean-up; what the case creates is deleted when it ends.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Id within the suite: lower-case words joined by `-`. Never changes.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// Why the case is as it is; decisions about how the RFCs are read.
    #[serde(default)]
    pub why: Option<String>,
    /// Features that the case needs; `!name` needs the absence.
    #[serde(default)]
    pub requires: Box<[String]>,
    /// Rows of values: the case runs once per row, with the row's columns in scope. Each row has an `id`, which is
    /// appended to the case's id: `eq-string/case-insensitive`.
    #[serde(default)]
    pub matrix: Box<[Map<String, Value>]>,
    /// Rows made from what the target discovers about itself, instead of written ones.
    #[serde(default)]
    pub derive: Option<Derive>,
    /// With `derive: attributes`, the attributes that get a row; all conditions have to hold.
    #[serde(default)]
    pub only: Option<AttributeFilter>,
    /// How long the case may take, for one that sends very much: `5m`. The configured time of a case holds where it is
    /// longer.
    #[serde(default)]
    pub timeout: Option<String>,
    /// What the case needs before its steps. If it fails, the case is blocked, not failed.
    #[serde(default)]
    pub setup: Box<[SetupEntry]>,
    /// The steps, in order.
    pub steps: Box<[Step]>,
    /// Line in the file.
    #[serde(default)]
    #[schemars(skip)]
    pub line: u32,
}

/// An entry of `setup`: either `create`, or a step with `request`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupEntry {
    /// Name of a resource type, for example `User`: one such resource is created with a payload made from the
    /// target's schemas.
    #[serde(default)]
    pub create: Option<String>,
    /// The name under which later templates find the created resource: `${NAME.id}`; what was sent is
    /// `${sent.NAME.…}`, and the resource as the `members` of a group name it (a list, also of one) is
    /// `${as_members.NAME}`.
    #[serde(default, rename = "as")]
    pub name: Option<String>,
    /// Creates so many: `${NAME}` is then the list of them, `${NAME.0.id}` the id of the first.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub count: Option<u16>,
    /// How much the payload holds.
    #[serde(default)]
    pub payload: Payload,
    /// Attributes that replace those of the payload; `null` takes one away.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// A request that prepares something else.
    #[serde(default)]
    pub step: Option<Box<Step>>,
    /// Line in the file.
    #[serde(default)]
    #[schemars(skip)]
    pub line: u32,
}

/// How much a generated payload holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// Required attributes and the naming attribute.
    #[default]
    Minimal,
    /// Every writable attribute with a valid value.
    Full,
}

/// One request and what must hold of its response.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// A few words, unique within the case; part of the ids of the step's own findings.
    pub name: String,
    /// The request. A step has one of `request`, `login`, `probe`, `revoke` and `end_session`.
    #[serde(default)]
    pub request: Option<RequestSpec>,
    /// Logs in at the authorization server of the target. If that does not succeed, the case is blocked.
    #[serde(default)]
    pub login: Option<Box<LoginSpec>>,
    /// Names of logins: looks whether each of them still counts, through the channel that each check names. The channels
    /// are looked at side by side, also while `eventually` waits.
    #[serde(default)]
    pub probe: Box<[String]>,
    /// Revokes a token of a login.
    #[serde(default)]
    pub revoke: Option<Box<RevokeSpec>>,
    /// The name of a login: logs out in its browser at the end-session endpoint (OpenID Connect RP-Initiated Logout), and
    /// confirms it where a page asks. The last answer is judged. The login keeps its cookies, to look whether they count.
    #[serde(default)]
    pub end_session: Option<String>,
    /// With `request`, the name of a login whose tokens are refreshed at the same time (RFC 6749 §6). Afterwards the
    /// login has the tokens that this gave, if it gave any.
    #[serde(default)]
    pub refreshing: Option<String>,
    /// Features that the step needs; without them it is left out.
    #[serde(default)]
    pub requires: Box<[String]>,
    /// The accepted twin that makes a negative check meaningful: if its `expect` fails, the case is blocked.
    #[serde(default)]
    pub control: bool,
    /// Repeats the request until `expect` and `checks` hold or the time is over. Safe requests and probes only.
    #[serde(default)]
    pub eventually: Option<Eventually>,
    /// The name of a list: the request is sent once for each of its elements, all at the same time, with the element in
    /// scope as `${each}`. The answers are judged one by one; of those that do not hold, the first is shown.
    #[serde(default)]
    pub each: Option<String>,
    /// What must hold before anything else is judged; if it does not, the case stops.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// The outcomes that the RFCs leave open; the first that fits is taken and recorded. If none fits, the case stops.
    #[serde(default)]
    pub one_of: Box<[Outcome]>,
    /// The requirement that `expect` or `one_of` verifies. Needed where the method has no obvious one (GET 200,
    /// POST 201, PUT 200, PATCH 200/204 and DELETE 204 have).
    #[serde(default)]
    pub requirement: Option<RequirementId>,
    /// Assertions, each with a finding of its own.
    #[serde(default)]
    pub checks: Box<[Check]>,
    /// The name under which later templates find the response body: `${NAME.id}`; what was sent is `${sent.NAME.…}`,
    /// response headers are `${headers.NAME.location}` (lower case).
    #[serde(default, rename = "as")]
    pub capture_as: Option<String>,
    /// Single values of the response, by name: `{ next: $.nextCursor }`.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    /// Line in the file.
    #[serde(default)]
    #[schemars(skip)]
    pub line: u32,
}

/// A request. Templates `${…}` work in every text.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// HTTP method: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD` or `OPTIONS`.
    pub method: String,
    /// Path below the base URL, beginning with `/`; or one template that holds a location of the target.
    pub path: String,
    /// Query parameters; names and values are percent-encoded. `null` leaves one out, a list repeats it.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Header fields; `null` takes away one that would be sent (`accept`, `content-type`).
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// JSON body; sent as `application/scim+json`.
    #[serde(default)]
    pub body: Option<Value>,
    /// Attributes that replace those of `body`; `null` takes one away. So a change can be sent on top of what the
    /// target's own schemas demand: `body: "${full.User}"`, `with: { title: Lead }`. A name that begins with `/` is a
    /// JSON Pointer to a member deeper in the body, as in `/Operations/0/data/title` (the object that holds it is made
    /// where there is none); with `/-` at its end the value is added to a list that does not have it yet, as in
    /// `/Operations/0/data/schemas/-`.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// Body as text, for what is not JSON; sent as `application/scim+json` unless `headers` says otherwise.
    #[serde(default)]
    pub raw_body: Option<String>,
    /// Credentials.
    #[serde(default)]
    pub auth: Auth,
}

/// What a status code must be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct StatusPattern(
    /// Allowed codes, as inclusive ranges.
    pub Vec<(u16, u16)>,
);

/// Repeats a safe request.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Eventually {
    /// How long, as in `5s` or `500ms`.
    pub within: String,
    /// The pause between two tries; default 100ms, doubling up to 1s.
    #[serde(default)]
    pub every: Option<String>,
}

/// What must hold before anything else is judged.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The status: `200`, `[200, 204]` or `4xx`.
    pub status: StatusPattern,
    /// What the body must be.
    #[serde(default)]
    pub body: Option<BodyKind>,
}

/// The kind of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyKind {
    /// No bytes.
    Empty,
    /// A JSON object.
    Object,
    /// Any JSON value.
    Json,
}

/// One of the outcomes that the RFCs leave open.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its name, for people and the report.
    pub outcome: String,
    /// The status that marks it.
    pub status: StatusPattern,
    /// Further conditions that mark it; all must hold.
    #[serde(default)]
    pub when: Box<[Condition]>,
    /// How it is judged: `pass` (default), `info`, `warn` or `fail`.
    #[serde(default)]
    pub verdict: OutcomeVerdict,
    /// Slugs of the ambiguities that say so.
    #[serde(default)]
    pub see: Box<[String]>,
    /// Checks that apply to this outcome only.
    #[serde(default)]
    pub checks: Box<[Check]>,
    /// Whether the case ends with this outcome: the other checks of the step, and what comes after it, are not
    /// applicable.
    #[serde(default)]
    pub ends_case: bool,
    /// Line in the file.
    #[serde(default)]
    #[schemars(skip)]
    pub line: u32,
}

/// How an outcome or a tolerated behaviour is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeVerdict {
    /// Fine.
    #[default]
    Pass,
    /// Recorded.
    Info,
    /// An interoperability risk.
    Warn,
    /// Not allowed; named so that the report can say what happened. Judged at the level of the requirement.
    Fail,
}

impl OutcomeVerdict {
    /// The verdict, with `Fail` at the given level.
    #[must_use]
    pub fn verdict(self, level: Level) -> Verdict {
        match self {
            OutcomeVerdict::Pass => Verdict::Pass,
            OutcomeVerdict::Info => Verdict::Info,
            OutcomeVerdict::Warn => Verdict::Warn,
            OutcomeVerdict::Fail => level.verdict_if_broken(),
        }
    }
}

/// Defines structs that carry one matcher in fields of its own (serde's `flatten` would lose line and column).
macro_rules! with_matcher {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Matcher: the status of the response is this: `200`, `[200, 204]` or `4xx`.
            #[serde(default)]
            pub status: Option<StatusPattern>,
            /// Matcher: the body is `empty`, an `object` or any `json`.
            #[serde(default)]
            pub body: Option<BodyKind>,
            /// Matcher: whether there is a value (`null` counts as one, an empty list too).
            #[serde(default)]
            pub exists: Option<bool>,
            /// Matcher: whether there is no value in the sense of RFC 7643 §2.5: absent, `null` and `[]` are one.
            #[serde(default)]
            pub unassigned: Option<bool>,
            /// Matcher: equal as JSON; of several values found, every one.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub equals: Option<Box<Value>>,
            /// Matcher: not equal as JSON, though there; of several values found, every one.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub not_equals: Option<Box<Value>>,
            /// Matcher: equal text when letter case is ignored; of several values found, every one.
            #[serde(default)]
            pub equals_ignoring_case: Option<String>,
            /// Matcher: the values found (or the elements of the one array found) are these, in any order.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub equals_unordered: Option<Box<Value>>,
            /// Matcher: equal to one of these; of several values found, every one.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub any_of: Option<Box<Value>>,
            /// Matcher: the values found (or the elements of the one array found) hold all of these.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub contains: Option<Box<Value>>,
            /// Matcher: the values found (or the elements of the one array found) hold none of these.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub excludes: Option<Box<Value>>,
            /// Matcher: text that fits a regular expression; of several values found, every one.
            #[serde(default)]
            pub matches: Option<String>,
            /// Matcher: there, but no text that fits a regular expression; of several values found, none does.
            #[serde(default)]
            pub not_matches: Option<String>,
            /// Matcher: of this kind; of several values found, every one.
            #[serde(default, rename = "type")]
            pub value_type: Option<ValueType>,
            /// Matcher: how many values are found (or elements in the one array found).
            #[serde(default)]
            pub count: Option<Count>,
            /// Matcher: whether the values found are all different (text is compared without letter case).
            #[serde(default)]
            pub distinct: Option<bool>,
            /// Matcher: the same resource in the sense of RFC 7643: names without letter case, values by `caseExact`,
            /// multi-valued attributes without order, unassigned in every form equal.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub same_resource_as: Option<Box<Value>>,
            /// Attribute paths that `same_resource_as` leaves out. After a change that succeeded, `readOnly` among them
            /// leaves out what the service provider alone writes and may have changed with it: every attribute that
            /// is published as readOnly, and `meta` but for `created`, `location` and `resourceType`. `id` and
            /// `schemas` always count.
            #[serde(default)]
            pub ignoring: Box<[String]>,
            /// Matcher: the same URL once both are resolved against the base URL; default port and trailing slash
            /// do not count.
            #[serde(default)]
            pub same_url_as: Option<String>,
            /// Matcher: the same instant, at the coarser of both precisions.
            #[serde(default)]
            pub same_instant_as: Option<String>,
            /// Matcher: a number or an instant that is not less than this one.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub at_least: Option<Box<Value>>,
            /// Matcher: a number or an instant that is not more than this one.
            #[serde(default, deserialize_with = "present")]
            #[schemars(schema_with = "any_value")]
            pub at_most: Option<Box<Value>>,
            /// Matcher: a SCIM Error message (RFC 7644 §3.12) with this status and one of these scimTypes.
            #[serde(default)]
            pub scim_error: Option<ScimErrorPattern>,
            /// Matcher: whether the login still counts, seen through the `channel` of the check: `active` or `inactive`.
            #[serde(default)]
            pub token: Option<TokenWord>,
            /// Matcher: valid against a JSON Schema: `scim:User` (any resource type, made from the target's own
            /// `/Schemas`), `scim:ListResponse`, `scim:Error`, `scim:PatchOp`, `scim:BulkResponse`,
            /// `scim:ServiceProviderConfig`, `scim:ResourceType` or `scim:Schema`.
            #[serde(default)]
            pub schema: Option<String>,
        }

        impl $name {
            /// The matchers that are set, with their keys. A valid suite has exactly one.
            #[must_use]
            pub fn matchers(&self) -> Vec<(&'static str, Matcher)> {
                let mut all = Vec::new();
                if let Some(x) = &self.status { all.push(("status", Matcher::Status(x.clone()))); }
                if let Some(x) = self.body { all.push(("body", Matcher::Body(x))); }
                if let Some(x) = self.exists { all.push(("exists", Matcher::Exists(x))); }
                if let Some(x) = self.unassigned { all.push(("unassigned", Matcher::Unassigned(x))); }
                if let Some(x) = &self.equals { all.push(("equals", Matcher::Equals((**x).clone()))); }
                if let Some(x) = &self.not_equals { all.push(("not_equals", Matcher::NotEquals((**x).clone()))); }
                if let Some(x) = &self.equals_ignoring_case {
                    all.push(("equals_ignoring_case", Matcher::EqualsIgnoringCase(x.clone())));
                }
                if let Some(x) = &self.equals_unordered {
                    all.push(("equals_unordered", Matcher::EqualsUnordered((**x).clone())));
                }
                if let Some(x) = &self.any_of { all.push(("any_of", Matcher::AnyOf((**x).clone()))); }
                if let Some(x) = &self.contains { all.push(("contains", Matcher::Contains((**x).clone()))); }
                if let Some(x) = &self.excludes { all.push(("excludes", Matcher::Excludes((**x).clone()))); }
                if let Some(x) = &self.matches { all.push(("matches", Matcher::Matches(x.clone()))); }
                if let Some(x) = &self.not_matches { all.push(("not_matches", Matcher::NotMatches(x.clone()))); }
                if let Some(x) = self.value_type { all.push(("type", Matcher::Type(x))); }
                if let Some(x) = self.count { all.push(("count", Matcher::Count(x))); }
                if let Some(x) = self.distinct { all.push(("distinct", Matcher::Distinct(x))); }
                if let Some(x) = &self.same_resource_as {
                    let matcher =
                        Matcher::SameResourceAs { resource: (**x).clone(), ignoring: self.ignoring.to_vec() };
                    all.push(("same_resource_as", matcher));
                }
                if let Some(x) = &self.same_url_as { all.push(("same_url_as", Matcher::SameUrlAs(x.clone()))); }
                if let Some(x) = &self.same_instant_as {
                    all.push(("same_instant_as", Matcher::SameInstantAs(x.clone())));
                }
                if let Some(x) = &self.at_least { all.push(("at_least", Matcher::AtLeast((**x).clone()))); }
                if let Some(x) = &self.at_most { all.push(("at_most", Matcher::AtMost((**x).clone()))); }
                if let Some(x) = &self.scim_error { all.push(("scim_error", Matcher::ScimError(x.clone()))); }
                if let Some(x) = self.token { all.push(("token", Matcher::Token(x))); }
                if let Some(x) = &self.schema { all.push(("schema", Matcher::Schema(x.clone()))); }
                all
            }

            /// The same with all templates of its place and its matcher filled in.
            fn rendered(&self, scope: &Scope) -> Result<Self, TemplateError> {
                let value = |value: &Option<Box<Value>>| {
                    value.as_ref().map(|value| template::render(value, scope).map(Box::new)).transpose()
                };
                let text = |text: &Option<String>| {
                    text.as_ref().map(|text| template::render_text(text, scope)).transpose()
                };
                let mut new = self.clone();
                new.at = text(&self.at)?;
                new.header = text(&self.header)?;
                new.equals = value(&self.equals)?;
                new.not_equals = value(&self.not_equals)?;
                new.equals_ignoring_case = text(&self.equals_ignoring_case)?;
                new.equals_unordered = value(&self.equals_unordered)?;
                new.any_of = value(&self.any_of)?;
                new.contains = value(&self.contains)?;
                new.excludes = value(&self.excludes)?;
                new.matches = text(&self.matches)?;
                new.not_matches = text(&self.not_matches)?;
                new.same_resource_as = value(&self.same_resource_as)?;
                let paths = self.ignoring.iter().map(|path| template::render_text(path, scope));
                new.ignoring = paths.collect::<Result<_, _>>()?;
                new.same_url_as = text(&self.same_url_as)?;
                new.same_instant_as = text(&self.same_instant_as)?;
                new.at_least = value(&self.at_least)?;
                new.at_most = value(&self.at_most)?;
                new.schema = text(&self.schema)?;
                Ok(new)
            }
        }
    )+};
}

with_matcher! {
    /// One assertion: exactly one matcher on one place of the response.
    pub struct Check {
        /// Id within the case: lower-case words joined by `-`. Never changes.
        pub id: String,
        /// The requirement it verifies, as in `RFC7644-3.4.1-02`.
        pub requirement: RequirementId,
        /// Why the check is as it is.
        #[serde(default)]
        pub why: Option<String>,
        /// Features that the check needs.
        #[serde(default)]
        pub requires: Box<[String]>,
        /// A lower level than the requirement's.
        #[serde(default)]
        pub level: Option<Level>,
        /// Slugs of the ambiguities that were taken into account.
        #[serde(default)]
        pub see: Box<[String]>,
        /// A one-sentence guess at the cause when it does not hold.
        #[serde(default)]
        pub hint: Option<String>,
        /// What to look at in the body: a JSON Pointer (empty or `/…`), a JSONPath (`$…`, RFC 9535) or a SCIM
        /// attribute path (anything else). Without `at` and `header`: the whole body.
        #[serde(default)]
        pub at: Option<String>,
        /// What to look at instead of the body: a response header.
        #[serde(default)]
        pub header: Option<String>,
        /// In a step with `probe`: the channel that is looked at. Where the configuration does not have it, the check is not
        /// applicable.
        #[serde(default)]
        pub channel: Option<Channel>,
        /// Behaviour that does not match but is tolerated; the first that fits decides.
        #[serde(default)]
        pub tolerate: Box<[Tolerance]>,
        /// Line in the file.
        #[serde(default)]
        #[schemars(skip)]
        pub line: u32,
    }

    /// Behaviour that is tolerated although the check does not hold; of several matchers, all have to hold.
    pub struct Tolerance {
        /// A place in the body, as in a check; without `at` and `header`, what the check looks at.
        #[serde(default)]
        pub at: Option<String>,
        /// A response header, as in a check.
        #[serde(default)]
        pub header: Option<String>,
        /// How it is judged: `pass`, `info` or `warn`.
        pub verdict: OutcomeVerdict,
        /// Slug of the ambiguity that says so.
        #[serde(default)]
        pub see: Option<String>,
        /// Or why, in words.
        #[serde(default)]
        pub why: Option<String>,
    }

    /// A condition on a response: a check without identity; of several matchers, all have to hold.
    pub struct Condition {
        /// A place in the body, as in a check.
        #[serde(default)]
        pub at: Option<String>,
        /// A response header, as in a check.
        #[serde(default)]
        pub header: Option<String>,
    }
}

impl Check {
    /// The check with all templates filled in.
    ///
    /// # Errors
    /// If a template has no value.
    pub fn render(&self, scope: &Scope) -> Result<Self, TemplateError> {
        let tolerate =
            self.tolerate.iter().map(|tolerance| tolerance.rendered(scope)).collect::<Result<_, _>>()?;
        Ok(Self { tolerate, ..self.rendered(scope)? })
    }
}

impl Condition {
    /// The condition with all templates filled in.
    ///
    /// # Errors
    /// If a template has no value.
    pub fn render(&self, scope: &Scope) -> Result<Self, TemplateError> {
        self.rendered(scope)
    }
}

impl Case {
    /// Whether it logs somebody in, and so has passwords.
    #[must_use]
    pub fn logs_in(&self) -> bool {
        let of_setup = self.setup.iter().filter_map(|entry| entry.step.as_deref());
        of_setup.chain(&self.steps).any(|step| step.login.is_some())
    }
}

impl Step {
    /// Whether it shows what becomes of a login: it looks at it, or sends its access token.
    #[must_use]
    pub fn waits_for_a_login(&self) -> bool {
        let sends = self.request.as_ref().is_some_and(|request| matches!(request.auth, Auth::Login(_)));
        sends || !self.probe.is_empty()
    }

    /// The method of its request; empty without one.
    #[must_use]
    pub fn method(&self) -> &str {
        self.request.as_ref().map_or("", |request| &request.method)
    }

    /// Whether its request changes nothing (RFC 9110 §9.2.1), so that it can be sent again; that a query by POST changes
    /// nothing says RFC 7644 §3.4.3.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.request.as_ref().is_some_and(|request| match request.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => true,
            "POST" => request.path.ends_with("/.search"),
            _ => false,
        })
    }

    /// What it does, in a few words: `GET /Users`, `probe phone`.
    #[must_use]
    pub fn action(&self) -> String {
        match (&self.request, &self.login, &self.revoke, &self.end_session) {
            (Some(request), ..) => format!("{} {}", request.method, request.path),
            (None, Some(login), ..) => format!("log in as {}", login.names.join(", ")),
            (None, None, Some(revoke), _) => {
                format!("revoke the {} of {}", revoke.token.as_str(), revoke.login)
            }
            (None, None, None, Some(login)) => format!("log out {login}"),
            (None, None, None, None) => format!("probe {}", self.probe.join(", ")),
        }
    }
}

impl RequestSpec {
    fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: Map::new(),
            headers: BTreeMap::new(),
            body: None,
            with: Map::new(),
            raw_body: None,
            auth: Auth::Configured,
        }
    }

    /// A POST of a body that is sent as it is: what looks like a template in it is not one.
    #[must_use]
    pub fn post(path: &str, body: Value) -> Self {
        Self { body: Some(literal(body)), ..Self::new("POST", path) }
    }

    /// A GET of a location that the target gave: absolute, or relative to the base URL.
    #[must_use]
    pub fn get(location: &str) -> Self {
        Self::new("GET", location)
    }
}

/// Escapes what would be read as a template.
fn literal(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => items.into_iter().map(literal).collect(),
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (key.replace("${", "$${"), literal(value))).collect()
        }
        other => other,
    }
}

/// One matcher; values may hold templates until they are rendered.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each variant is documented at the field of the same name")]
pub enum Matcher {
    Status(StatusPattern),
    Body(BodyKind),
    Exists(bool),
    Unassigned(bool),
    Equals(Value),
    NotEquals(Value),
    EqualsIgnoringCase(String),
    EqualsUnordered(Value),
    AnyOf(Value),
    Contains(Value),
    Excludes(Value),
    Matches(String),
    NotMatches(String),
    Type(ValueType),
    Count(Count),
    Distinct(bool),
    SameResourceAs { resource: Value, ignoring: Vec<String> },
    SameUrlAs(String),
    SameInstantAs(String),
    AtLeast(Value),
    AtMost(Value),
    ScimError(ScimErrorPattern),
    Token(TokenWord),
    Schema(String),
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// JSON string.
    String,
    /// JSON string with at least one character that is not white space.
    NonEmptyString,
    /// JSON `true` or `false`.
    Boolean,
    /// JSON number without fraction.
    Integer,
    /// JSON number.
    Number,
    /// JSON object.
    Object,
    /// JSON array.
    Array,
    /// String in the form of xsd:dateTime.
    DateTime,
    /// String that is an absolute URL.
    Url,
    /// String that is an absolute `http` or `https` URL.
    HttpUrl,
    /// String that is a URI reference, absolute or relative.
    UriReference,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Count {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: Option<u64>,
}

/// A SCIM Error message.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScimErrorPattern {
    /// The HTTP status, which the body must repeat as a string.
    pub status: StatusPattern,
    /// Allowed values of scimType; empty: any or none.
    #[serde(default)]
    pub scim_type: Box<[String]>,
    /// Whether a body without scimType is allowed although `scim_type` lists some.
    #[serde(default)]
    pub scim_type_optional: bool,
}

/// A field that is there counts, even if it is `null`.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<Value>>, D::Error> {
    Value::deserialize(deserializer).map(Box::new).map(Some)
}

fn any_value(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::Schema::from(true)
}

impl StatusPattern {
    /// Whether a status code fits.
    #[must_use]
    pub fn fits(&self, status: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&status))
    }
}

impl std::fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, (low, high)) in self.0.iter().enumerate() {
            let joint = match index {
                0 => "",
                _ if index + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            if low == high {
                write!(f, "{joint}{low}")?;
            } else {
                write!(f, "{joint}{}xx", low / 100)?;
            }
        }
        Ok(())
    }
}

impl TryFrom<Value> for StatusPattern {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        fn one(value: &Value) -> Result<(u16, u16), String> {
            let wrong = || format!("`{value}` is not a status: write 200, [200, 204] or 4xx");
            match value {
                Value::Number(number) => {
                    let code = number.as_u64().filter(|code| (100..=599).contains(code)).ok_or_else(wrong)?;
                    let code = u16::try_from(code).map_err(|_| wrong())?;
                    Ok((code, code))
                }
                Value::String(text) => {
                    let class = text.strip_suffix("xx").and_then(|digit| digit.parse::<u16>().ok());
                    let class = class.filter(|class| (1..=5).contains(class)).ok_or_else(wrong)?;
                    Ok((class * 100, class * 100 + 99))
                }
                _ => Err(wrong()),
            }
        }
        match &value {
            Value::Array(items) if !items.is_empty() => {
                items.iter().map(one).collect::<Result<_, _>>().map(Self)
            }
            other => Ok(Self(vec![one(other)?])),
        }
    }
}

impl JsonSchema for StatusPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StatusPattern".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A status code, a class (`4xx`), or a list of them.",
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5]xx$" },
                {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "anyOf": [
                            { "type": "integer", "minimum": 100, "maximum": 599 },
                            { "type": "string", "pattern": "^[1-5]xx$" }
                        ]
                    }
                }
            ]
        })
    }
}

impl TryFrom<Value> for Count {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        match &value {
            Value::Number(n) => {
                let n = n.as_u64().ok_or("a count is a whole number from 0")?;
                Ok(Self { min: n, max: Some(n) })
            }
            Value::Object(object)
                if object.keys().all(|key| key == "min" || key == "max") && !object.is_empty() =>
            {
                Ok(Self { min: number("min").unwrap_or(0), max: number("max") })
            }
            _ => Err("a count is a whole number, or { min: …, max: … }".to_owned()),
        }
    }
}

impl JsonSchema for Count {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A number, or a range with `min`, `max` or both.",
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": false,
                    "properties": {
                        "min": { "type": "integer", "minimum": 0 },
                        "max": { "type": "integer", "minimum": 0 }
                    }
                }
            ]
        })
    }
}
