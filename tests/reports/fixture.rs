//! A result made by hand: every verdict, every kind of answer, and texts that try to break out of a report.

use std::collections::BTreeMap;

use scimcheck::model::{
    BaselineResult, Brief, CaseResult, Cause, Channel, Counts, EntryResult, EntryState, Event, ExchangeId,
    Excuse, FailureKind, FeatureState, Finding, Latency, LeftOver, Level, OutcomeTaken, Phase,
    RecordedAnswer, RecordedBody, RecordedExchange, RecordedRequest, RequirementId, RequirementResult,
    RunResult, SourceRef, TargetInfo, ToolInfo, Verdict,
};
use serde_json::{Value, json};

pub(crate) const BASE: &str = "https://scim.example.com/v2";

/// What a hostile target may say: markup that ends a script, a CDATA section, an attribute; terminal escapes; bidi
/// overrides; NUL; what XML forbids; emoji.
pub(crate) const HOSTILE: &str = "</script></style></pre>]]><img src=x onerror=alert(1)>\"'&amp;{{ 7*7 }}{% raw %}\u{1b}[31mred\u{1b}]0;title\u{7}\u{202e}gpj\u{2066}\u{0}\u{fffe}\u{9b}2J\r\n\u{200b}👩‍🚀é";

pub(crate) fn exchange(
    id: &str,
    phase: Phase,
    step: &str,
    request: (&str, &str),
    status: u16,
) -> RecordedExchange {
    let (method, path) = request;
    RecordedExchange {
        id: ExchangeId(id.to_owned()),
        phase,
        step: step.to_owned(),
        request: RecordedRequest {
            method: method.to_owned(),
            url: format!("{BASE}{path}"),
            headers: [("accept", "application/scim+json"), ("authorization", "Bearer ***")]
                .into_iter()
                .collect(),
            body: None,
        },
        answer: RecordedAnswer::Response {
            status,
            headers: [("content-type", "application/scim+json")].into_iter().collect(),
            body: None,
        },
        started_ms: 100.0,
        duration_ms: 14.25,
        curl: format!("curl -X {method} '{BASE}{path}' -H 'authorization: Bearer '\"$SCIM_TOKEN\""),
    }
}

pub(crate) fn body(value: &Value) -> RecordedBody {
    RecordedBody::of_json(value, value.to_string().len() as u64)
}

pub(crate) fn text_body(text: &str, truncated: bool) -> RecordedBody {
    RecordedBody { json: None, size: text.len() as u64, text: Some(text.to_owned()), truncated }
}

fn answered(mut exchange: RecordedExchange, with: RecordedBody) -> RecordedExchange {
    if let RecordedAnswer::Response { body, .. } = &mut exchange.answer {
        *body = Some(with);
    }
    exchange
}

fn sent(mut exchange: RecordedExchange, with: RecordedBody) -> RecordedExchange {
    exchange.request.body = Some(with);
    exchange
}

fn failed(mut exchange: RecordedExchange, kind: FailureKind, message: &str) -> RecordedExchange {
    exchange.answer = RecordedAnswer::Failure { kind, message: message.to_owned() };
    exchange
}

pub(crate) fn finding(id: &str, requirement: &str, level: Level, verdict: Verdict) -> Finding {
    Finding {
        id: id.to_owned(),
        requirement: RequirementId::from(requirement),
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
        source: Some(SourceRef { file: "rfc7644/example.yaml".to_owned(), line: 28 }),
    }
}

fn compared(finding: Finding, wanted: &str, got: &str, at: &str, exchange: &str) -> Finding {
    let exchange = Some(ExchangeId(exchange.to_owned()));
    Finding { wanted: wanted.to_owned(), got: got.to_owned(), at: at.to_owned(), exchange, ..finding }
}

pub(crate) fn case(id: &str, area: &str, title: &str, checks: Vec<Finding>) -> CaseResult {
    CaseResult {
        id: id.to_owned(),
        suite: id.rsplit_once('/').map_or(id, |(suite, _)| suite).to_owned(),
        title: title.to_owned(),
        area: area.to_owned(),
        verdict: checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::NotApplicable),
        reason: None,
        requires: Vec::new(),
        started_ms: 50.0,
        duration_ms: 41.5,
        checks,
        outcomes: Vec::new(),
        latencies: Vec::new(),
        exchanges: Vec::new(),
        source: Some(SourceRef { file: "rfc7644/example.yaml".to_owned(), line: 12 }),
    }
}

fn with_exchanges(mut case: CaseResult, ids: &[&str]) -> CaseResult {
    case.exchanges = ids.iter().map(|id| ExchangeId((*id).to_owned())).collect();
    case
}

/// A group loses all members: the failure of the design.
fn patch() -> (CaseResult, Vec<RecordedExchange>) {
    let id = "patch/remove/member-by-value-filter";
    let first = compared(
        finding(&format!("{id}#other-member-kept"), "RFC7644-3.5.2.2-04", Level::Must, Verdict::Fail),
        "[\"2819c223\"] in any order",
        "[]",
        "$.members[*].value",
        &format!("{id}:3"),
    );
    let first = Finding {
        hint: Some(
            "The PATCH took every member: the filter in \"path\" was probably ignored, and \"members\" removed as a whole."
                .to_owned(),
        ),
        looks_like: Some("patch-remove-complex-filter-noop".to_owned()),
        see: vec!["post-response-body".to_owned()],
        ..first
    };
    let second = compared(
        finding(&format!("{id}#body"), "RFC7644-3.3-08", Level::Should, Verdict::Warn),
        "a body that contains the whole representation",
        "a JSON object without \"members\"",
        "the body",
        &format!("{id}:2"),
    );
    let held =
        finding(&format!("{id}#selected-member-removed"), "RFC7644-3.5.2.2-04", Level::Must, Verdict::Pass);
    let title = "Remove one group member with a value filter";
    let mut case = case(id, "patch", title, vec![held, first, second]);
    case.duration_ms = 412.3;
    case.outcomes =
        vec![OutcomeTaken { step: "remove the member".into(), outcome: "returns no content".into() }];
    let request = body(&json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "remove", "path": "members[value eq \"2819c224\"]" }],
    }));
    let group =
        json!({ "id": "9b1c", "displayName": "sc1f-team", "members": [], "meta": { "version": "W/\"2\"" } });
    let exchanges = vec![
        exchange(&format!("{id}:1"), Phase::Setup, "set-up: create Group as team", ("POST", "/Groups"), 201),
        sent(
            exchange(&format!("{id}:2"), Phase::Step, "remove the member", ("PATCH", "/Groups/9b1c"), 204),
            request,
        ),
        answered(
            exchange(&format!("{id}:3"), Phase::Step, "read the group", ("GET", "/Groups/9b1c"), 200),
            body(&group),
        ),
        exchange(&format!("{id}:4"), Phase::Cleanup, "clean-up", ("DELETE", "/Groups/9b1c"), 204),
    ];
    let ids: Vec<_> = exchanges.iter().map(|exchange| exchange.id.0.as_str()).collect();
    (with_exchanges(case, &ids), exchanges)
}

/// A case of every verdict but those that have a function of their own.
fn plain_cases() -> Vec<CaseResult> {
    let check = |id: &str, requirement: &str, level, verdict| finding(id, requirement, level, verdict);
    let with_reason = |mut case: CaseResult, reason: &str| {
        case.reason = Some(reason.to_owned());
        for check in &mut case.checks {
            check.reason = Some(reason.to_owned());
        }
        case
    };
    let unrun = |mut case: CaseResult| {
        (case.started_ms, case.duration_ms) = (0.0, 0.0);
        case
    };
    let created = |verdict| {
        let checks = vec![
            check("crud/create/minimal#status", "RFC7644-3.3-07", Level::Must, verdict),
            check("crud/create/minimal#location", "RFC7644-3.3-09", Level::Must, verdict),
        ];
        case("crud/create/minimal", "crud-create", "Create a User with the required attributes only", checks)
    };
    let tolerated = Finding {
        why: Some("tolerated: an empty body on 201 is allowed by a reading of §3.3, and clients have to read again.".into()),
        ..compared(
            check("crud/create/empty#body", "RFC7644-3.3-09", Level::Must, Verdict::Warn),
            "a JSON object",
            "an empty body",
            "the body",
            "crud/create/empty:1",
        )
    };
    let info = compared(
        check("crud/delete/kept#kept", "RFC7644-3.6-01", Level::May, Verdict::Info),
        "nothing",
        "the resource is kept for 30 days",
        "header x-retention",
        "missing:1",
    );
    vec![
        created(Verdict::Pass),
        case("crud/create/empty", "crud-create", "Create a User and look at the body", vec![tolerated]),
        case("crud/delete/kept", "crud-delete", "What is kept of a deleted User", vec![info]),
        with_reason(
            case(
                "crud/delete/again",
                "crud-delete",
                "Delete a User a second time",
                vec![check("crud/delete/again#status", "RFC7644-3.6-07", Level::Must, Verdict::Blocked)],
            ),
            "set-up: create User as user: no answer: connection refused",
        ),
        with_reason(
            unrun(case(
                "bulk/create/two",
                "bulk",
                "Create two Users in bulk",
                vec![check("bulk/create/two#status", "RFC7644-3.7-01", Level::Must, Verdict::NotApplicable)],
            )),
            "the target does not claim bulk",
        ),
        with_reason(
            unrun(case(
                "sort/by/name",
                "query-sort",
                "Sort by name",
                vec![check("sort/by/name#order", "RFC7644-3.4.2.3-01", Level::Must, Verdict::Deselected)],
            )),
            "deselected",
        ),
    ]
}

/// A failure that nobody can judge.
fn timeout() -> (CaseResult, Vec<RecordedExchange>) {
    let id = "errors/not-found";
    let check = Finding {
        reason: Some("no answer: nothing came within 30 s".to_owned()),
        ..compared(
            finding(&format!("{id}#status"), "RFC7644-3.6-02", Level::Must, Verdict::Error),
            "status 404",
            "no answer: nothing came within 30 s",
            "",
            &format!("{id}:1"),
        )
    };
    let mut case = case(id, "errors", "Read a User that does not exist", vec![check]);
    case.reason = Some("read it: no answer: nothing came within 30 s".to_owned());
    case.duration_ms = 30_004.0;
    let exchange = exchange(&format!("{id}:1"), Phase::Step, "read it", ("GET", "/Users/nobody"), 200);
    let exchange = failed(exchange, FailureKind::Timeout, "nothing came within 30 s");
    (with_exchanges(case, &[&format!("{id}:1")]), vec![exchange])
}

/// Hostile text wherever a target, a suite or a file can put text.
pub(crate) fn hostile() -> (CaseResult, Vec<RecordedExchange>) {
    let id = format!("hostile/{HOSTILE}");
    let exchange_id = "hostile:1";
    let check = Finding {
        hint: Some(HOSTILE.to_owned()),
        looks_like: Some(HOSTILE.to_owned()),
        why: Some(HOSTILE.to_owned()),
        excuse: Some(Box::new(Excuse {
            judged: Verdict::Fail,
            reason: HOSTILE.to_owned(),
            link: Some(HOSTILE.to_owned()),
            expires: Some(HOSTILE.to_owned()),
        })),
        reason: Some(HOSTILE.to_owned()),
        source: Some(SourceRef { file: HOSTILE.to_owned(), line: 1 }),
        ..compared(
            finding(&format!("{id}#{HOSTILE}"), HOSTILE, Level::Must, Verdict::Fail),
            &format!("{HOSTILE}\nsecond line"),
            &format!("{}{HOSTILE}", "x".repeat(10_000)),
            HOSTILE,
            exchange_id,
        )
    };
    let passed = finding(&format!("{id}#pass-{HOSTILE}"), "RFC7644-3.3-07", Level::Must, Verdict::Pass);
    let skipped = Finding {
        reason: Some(format!("unmet {HOSTILE}")),
        ..finding(&format!("{id}#na"), "RFC7644-3.3-09", Level::Must, Verdict::NotApplicable)
    };
    let mut case = case(&id, HOSTILE, HOSTILE, vec![check, passed, skipped]);
    HOSTILE.clone_into(&mut case.suite);
    case.reason = Some(HOSTILE.to_owned());
    case.outcomes = vec![OutcomeTaken { step: HOSTILE.to_owned(), outcome: HOSTILE.to_owned() }];
    let mut exchange = exchange(exchange_id, Phase::Step, HOSTILE, ("PUT", "/Users/1"), 200);
    exchange.request.url = format!("{BASE}/Users/{HOSTILE}");
    exchange.request.headers.push(HOSTILE, HOSTILE);
    exchange.request.body = Some(body(&json!({ HOSTILE: [HOSTILE, null, 1.5] })));
    exchange.curl = format!("curl '{HOSTILE}'");
    exchange.answer = RecordedAnswer::Response {
        status: 200,
        headers: [("x-hostile", HOSTILE)].into_iter().collect(),
        body: Some(text_body(&format!("<html>{HOSTILE}\n{}", "y".repeat(20_000)), false)),
    };
    (with_exchanges(case, &[exchange_id]), vec![exchange])
}

/// A user whose tokens end, some sooner, some later, and one not at all.
fn revoked() -> CaseResult {
    let id = "deactivation/revocation/by-patch";
    let latency = |name: &str, channel, at_least_ms, took_ms| Latency {
        check: format!("{id}#{name}"),
        channel,
        cause: Cause::default(),
        took_ms,
        at_least_ms,
        untold: false,
        deadline_ms: 60_000.0,
    };
    let check = |name: &str, requirement: &str, verdict| {
        finding(&format!("{id}#{name}"), requirement, Level::Must, verdict)
    };
    let checks = vec![
        check("introspection", "SEC-DEACTIVATION-02", Verdict::Pass),
        check("userinfo", "SEC-DEACTIVATION-03", Verdict::Pass),
        Finding {
            wanted: "inactive".to_owned(),
            got: "active: the token endpoint gave new tokens".to_owned(),
            ..check("refresh", "SEC-DEACTIVATION-05", Verdict::Fail)
        },
    ];
    let title = "A user who is deactivated by PATCH loses every token, session and login";
    CaseResult {
        latencies: vec![
            latency("introspection", Channel::Introspection, 0.0, Some(120.4)),
            latency("userinfo", Channel::Userinfo, 30_460.0, Some(31_500.0)),
            latency("refresh", Channel::Refresh, 59_700.0, None),
            Latency { untold: true, ..latency("session", Channel::Session, 0.0, None) },
            Latency {
                cause: Cause::Logout,
                ..latency("logged-out", Channel::Session, 1_300.0, Some(2_400.0))
            },
        ],
        ..case(id, "token-revocation", title, checks)
    }
}

/// Bytes that are no text, and a body that did not arrive whole.
fn binary() -> (CaseResult, Vec<RecordedExchange>) {
    let id = "crud/read/binary";
    let broken = |name: &str, exchange: u8, got: &str| {
        compared(
            finding(&format!("{id}#{name}"), "RFC7644-3.4.1-01", Level::Must, Verdict::Fail),
            "a JSON object",
            got,
            "the body",
            &format!("{id}:{exchange}"),
        )
    };
    let checks = vec![
        broken("json", 1, "invalid UTF-8 at byte 0"),
        broken("whole", 2, "the body broke off after 23 bytes: connection reset"),
    ];
    let get = |number: u8, step: &str| {
        exchange(&format!("{id}:{number}"), Phase::Step, step, ("GET", "/Users/2819c223"), 200)
    };
    let exchanges = vec![
        answered(get(1, "read the User"), text_body("\u{fffd}PNG\r\n\u{1a}\n\0\0", false)),
        answered(get(2, "read it again"), text_body("{\"id\": \"2819c223\", \"na", true)),
    ];
    let case = case(id, "crud-read", "Read a User", checks);
    (with_exchanges(case, &[&format!("{id}:1"), &format!("{id}:2")]), exchanges)
}

/// An invariant that is broken in two ways, and one that holds.
fn invariants() -> Vec<CaseResult> {
    let broken = |name: &str, got: &str, broken_on| Finding {
        judged_on: Some(340),
        broken_on: Some(broken_on),
        source: None,
        ..compared(
            finding(&format!("invariants/media-type#{name}"), "RFC7644-3.1-01", Level::Must, Verdict::Fail),
            "application/scim+json",
            got,
            "header content-type",
            "patch/remove/member-by-value-filter:3",
        )
    };
    let held = Finding {
        judged_on: Some(98),
        broken_on: Some(0),
        source: None,
        ..finding("invariants/error-status#holds", "RFC7644-3.12-03", Level::Must, Verdict::Pass)
    };
    let over_all = |case: CaseResult| CaseResult { started_ms: 0.0, duration_ms: 0.0, source: None, ..case };
    let broken = vec![broken("holds", "text/html", 12), broken("holds-2", "nothing", 1)];
    let title = "Bodies are application/scim+json";
    vec![
        over_all(with_exchanges(
            case("invariants/media-type", "invariants", title, broken),
            &["patch/remove/member-by-value-filter:3"],
        )),
        over_all(case("invariants/error-status", "invariants", "The status in an Error body", vec![held])),
    ]
}

/// What discovery found.
fn discovery() -> (CaseResult, Vec<RecordedExchange>) {
    let check = Finding {
        source: None,
        ..compared(
            finding("target/discovery#schemas", "RFC7644-4-04", Level::Should, Verdict::Warn),
            "every schema of the resource types",
            "nothing for User: the schema of RFC 7643 stands in",
            "the answer",
            "discovery:3",
        )
    };
    let mut case = case("target/discovery", "discovery", "What the target says about itself", vec![check]);
    case.source = None;
    let exchange = exchange("discovery:3", Phase::Discovery, "read /Schemas", ("GET", "/Schemas"), 404);
    (with_exchanges(case, &["discovery:3"]), vec![exchange])
}

/// Cases whose verdicts only a baseline or a profile gives.
fn listed() -> Vec<CaseResult> {
    let excuse = |judged| {
        let (link, expires) = ("https://example.com/issues/12".to_owned(), "2026-12-31".to_owned());
        Excuse { judged, reason: "Answers with a body.".to_owned(), link: Some(link), expires: Some(expires) }
    };
    let one = |name: &str, verdict| {
        let id = format!("listed/{name}");
        let check = Finding {
            why: (verdict == Verdict::Deviation)
                .then(|| "documented: the profile cites its source".to_owned()),
            excuse: match verdict {
                Verdict::Known => Some(Box::new(excuse(Verdict::Fail))),
                Verdict::Fixed => Some(Box::new(excuse(Verdict::Pass))),
                _ => None,
            },
            ..compared(
                finding(&format!("{id}#status"), "RFC7644-3.6-06", Level::Must, verdict),
                "204",
                "200",
                "status",
                "missing:1",
            )
        };
        case(&id, "crud-delete", "Delete a User", vec![check])
    };
    vec![one("known", Verdict::Known), one("fixed", Verdict::Fixed), one("deviation", Verdict::Deviation)]
}

fn features() -> BTreeMap<String, FeatureState> {
    let state = |claimed, discovered, overridden, source: &str| FeatureState {
        claimed,
        discovered,
        overridden,
        source: source.to_owned(),
    };
    BTreeMap::from([
        ("bulk".to_owned(), state(Some(false), None, None, "GET /ServiceProviderConfig bulk.supported")),
        ("etag".to_owned(), state(Some(true), None, Some(false), "scimcheck.toml: features")),
        ("patch".to_owned(), state(Some(true), None, None, "GET /ServiceProviderConfig patch.supported")),
        ("resource:Group".to_owned(), state(None, Some(true), None, "GET /Groups")),
    ])
}

fn requirements() -> BTreeMap<RequirementId, RequirementResult> {
    let judged = |judged, worst| RequirementResult {
        level: Level::Must,
        judged,
        worst: Some(worst),
        not_judged: None,
    };
    let open = |level, why: &str| RequirementResult {
        level,
        judged: 0,
        worst: None,
        not_judged: Some(why.to_owned()),
    };
    BTreeMap::from([
        ("RFC7643-2.1-01".into(), open(Level::Must, "not testable over HTTP: it binds clients")),
        ("RFC7643-2.1-02".into(), open(Level::May, "not testable over HTTP: a permission")),
        ("RFC7644-3.3-07".into(), judged(3, Verdict::Pass)),
        ("RFC7644-3.3-09".into(), judged(1, Verdict::Warn)),
        ("RFC7644-3.5.2.2-04".into(), judged(2, Verdict::Fail)),
        ("RFC7644-3.6-07".into(), open(Level::Must, "blocked: set-up: create User as user: no answer")),
        ("RFC7644-3.7-01".into(), open(Level::Must, "the target does not claim bulk")),
        ("RFC7644-3.7-02".into(), open(Level::Must, "judged only if the outcome \"x\" is taken")),
        ("RFC9999-1-01".into(), open(Level::Should, "no check of these suites covers it")),
    ])
}

/// The result of a run over these cases.
pub(crate) fn result_of(cases: Vec<CaseResult>, exchanges: Vec<RecordedExchange>) -> RunResult {
    let count = |verdicts: &mut dyn Iterator<Item = Verdict>| {
        let mut counts = Counts::new();
        for verdict in verdicts {
            *counts.entry(verdict).or_default() += 1;
        }
        counts
    };
    RunResult {
        format: 1,
        tool: ToolInfo { name: "scimcheck".to_owned(), version: "0.1.0".to_owned() },
        target: TargetInfo {
            name: "staging".to_owned(),
            base_url: BASE.to_owned(),
            embedded: false,
            profile: None,
            arguments: ["--target", "staging"].map(str::to_owned).into(),
        },
        seed: 7,
        started: "2026-03-01T09:30:00Z".to_owned(),
        duration_ms: 31_234.568,
        partial: None,
        partition: None,
        selection: Vec::new(),
        seeds: BTreeMap::new(),
        baseline: None,
        features: features(),
        counts: count(&mut cases.iter().map(|case| case.verdict)),
        check_counts: count(&mut cases.iter().flat_map(|case| case.checks.iter().map(|check| check.verdict))),
        cases,
        exchanges,
        briefs: BTreeMap::new(),
        requirements: requirements(),
        left_over: Vec::new(),
    }
}

/// Every verdict and every kind of answer; nothing hostile, so that it is pleasant to look at.
pub(crate) fn rich() -> RunResult {
    let mut cases = Vec::new();
    let mut exchanges = Vec::new();
    for (case, own) in [discovery(), patch(), timeout(), binary()] {
        cases.push(case);
        exchanges.extend(own);
    }
    cases.extend(plain_cases());
    cases.extend(listed());
    cases.extend(invariants());
    cases.push(revoked());
    exchanges.push(exchange("crud/create/empty:1", Phase::Step, "create it", ("POST", "/Users"), 201));
    let left = |url: &str, reason: &str| LeftOver {
        url: format!("{BASE}{url}"),
        reason: reason.to_owned(),
        case: "errors/not-found".to_owned(),
    };
    let entry = |check: &str, line, state| EntryResult {
        check: check.to_owned(),
        line,
        reason: "Answers with a body.".to_owned(),
        link: Some("https://example.com/issues/12".to_owned()),
        expires: Some("2026-12-31".to_owned()),
        state,
        findings: 1,
    };
    let entries = vec![
        entry("listed/known#status", 4, EntryState::Excuses),
        entry("listed/fixed#status", 9, EntryState::Stale),
        entry("bulk/*", 14, EntryState::NotJudged),
    ];
    let clean_up = [
        Brief::new((600.25, 3.5), Phase::Cleanup, Some(204), ("DELETE", "/Groups/9b1c")),
        Brief::new((604.0, 2.75), Phase::Cleanup, None, ("GET", "/Groups/9b1c")),
    ];
    RunResult {
        briefs: [("patch/remove/member-by-value-filter".to_owned(), clean_up.into())].into(),
        baseline: Some(BaselineResult { file: "known.yaml".to_owned(), entries }),
        left_over: vec![
            left("/Users/2819c223", "DELETE: 500"),
            left("/Users", "created, but its answer is lost"),
        ],
        ..result_of(cases, exchanges)
    }
}

/// Texts that try to break out of every report, also where the run itself names things.
pub(crate) fn hostile_result() -> RunResult {
    let (case, exchanges) = hostile();
    let mut other = case.clone();
    other.id = format!("blocked/{HOSTILE}");
    other.verdict = Verdict::Blocked;
    other.checks.truncate(0);
    let mut result = result_of(vec![case, other], exchanges);
    result.target = TargetInfo {
        name: HOSTILE.to_owned(),
        base_url: HOSTILE.to_owned(),
        embedded: false,
        profile: Some(HOSTILE.to_owned()),
        arguments: vec!["--target".to_owned(), HOSTILE.to_owned()],
    };
    result.partial = Some(HOSTILE.to_owned());
    let brief = Brief::new((0.0, 1.0), Phase::Setup, Some(201), ("POST", HOSTILE));
    result.briefs.insert(HOSTILE.to_owned(), vec![brief]);
    HOSTILE.clone_into(&mut result.started);
    result
        .features
        .insert(HOSTILE.to_owned(), FeatureState { source: HOSTILE.to_owned(), ..FeatureState::default() });
    result.requirements.insert(
        HOSTILE.into(),
        RequirementResult { level: Level::May, judged: 0, worst: None, not_judged: Some(HOSTILE.to_owned()) },
    );
    let entry = EntryResult {
        check: HOSTILE.to_owned(),
        line: 1,
        reason: HOSTILE.to_owned(),
        link: Some(HOSTILE.to_owned()),
        expires: Some(HOSTILE.to_owned()),
        state: EntryState::Stale,
        findings: 0,
    };
    result.baseline = Some(BaselineResult { file: HOSTILE.to_owned(), entries: vec![entry] });
    result.partition = Some(HOSTILE.to_owned());
    result.selection = vec!["--case".to_owned(), HOSTILE.to_owned()];
    result.seeds = BTreeMap::from([(HOSTILE.to_owned(), 8)]);
    let left = LeftOver { url: HOSTILE.to_owned(), reason: HOSTILE.to_owned(), case: HOSTILE.to_owned() };
    result.left_over.push(left);
    result
}

/// Texts of 4 MiB wherever a target can put one.
pub(crate) fn huge_result() -> RunResult {
    let huge = "<]]>&'\"%|`*_=cmd\u{1b}".repeat((4 << 20) / 16);
    let mut result = hostile_result();
    for case in &mut result.cases {
        case.id = format!("huge/{huge}");
        case.title.clone_from(&huge);
        case.reason = Some(huge.clone());
        case.suite.clone_from(&huge);
        case.area.clone_from(&huge);
        for check in &mut case.checks {
            check.wanted.clone_from(&huge);
            check.got.clone_from(&huge);
            check.at.clone_from(&huge);
            check.hint = Some(huge.clone());
            check.reason = Some(huge.clone());
        }
    }
    for exchange in &mut result.exchanges {
        exchange.request.url = format!("{BASE}/{huge}");
        exchange.curl = format!("curl '{huge}'");
        exchange.request.headers.push("x", &huge);
        if let RecordedAnswer::Response { headers, body, .. } = &mut exchange.answer {
            headers.push(&huge, &huge);
            *body = Some(text_body(&huge, false));
        }
    }
    result.target.name.clone_from(&huge);
    result.partial = Some(huge);
    result
}

/// Tells the events of a run with this result: every case that was sent something ends in an event of its own.
pub(crate) fn tell(result: &RunResult, sink: &mut dyn FnMut(&Event<'_>)) {
    let began: Vec<_> =
        result.cases.iter().filter(|case| case.source.is_some() && case.duration_ms > 0.0).collect();
    sink(&Event::RunStarted { target: &result.target, cases: began.len(), seed: result.seed });
    for case in &began {
        sink(&Event::CaseStarted { id: &case.id });
    }
    for case in began {
        let own = result.exchanges.iter().filter(|exchange| case.exchanges.contains(&exchange.id));
        let exchanges: Vec<_> = own.cloned().collect();
        sink(&Event::CaseFinished { result: case, exchanges: &exchanges });
    }
    sink(&Event::RunFinished { result });
}
