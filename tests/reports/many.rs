//! A result with many cases, as a run against a real server gives: suites, several checks and requests each, causes
//! that come back.

use scimcheck::model::{ExchangeId, Finding, Level, Phase, RecordedAnswer, RunResult, Verdict};
use serde_json::json;

use crate::fixture;

const AREAS: [&str; 8] =
    ["crud-create", "crud-read", "filter", "patch-add", "patch-remove", "schema", "errors", "pagination"];
const REQUIREMENTS: [&str; 6] = [
    "RFC7644-3.3-07",
    "RFC7644-3.3-09",
    "RFC7644-3.5.2.2-04",
    "RFC7644-3.6-01",
    "RFC7644-3.6-06",
    "RFC7644-3.12-03",
];
const REQUESTS: [(&str, &str, u16); 3] =
    [("POST", "/Users", 201), ("GET", "/Users/2819c223", 200), ("DELETE", "/Users/2819c223", 204)];

/// So many cases, one of `share` broken.
pub(crate) fn cases(number: usize, share: usize) -> RunResult {
    let mut exchanges = Vec::new();
    let mut cases = Vec::new();
    for index in 0..number {
        let id = format!("many/suite-{}/case-{index}", index / 50);
        let broken = index % share == 0;
        let checks = (0..4).map(|check| one(&id, index, check, broken && check == 3)).collect();
        let title = "Create a User, read it again and look at every attribute that was sent";
        let mut case = fixture::case(&id, AREAS[index / 50 % AREAS.len()], title, checks);
        let start = f64::from(u32::try_from(index).expect("it is small")) * 9.0;
        for (order, (method, path, status)) in (1_u8..).zip(REQUESTS) {
            let own = format!("{id}:{order}");
            let phase = if order == 3 { Phase::Cleanup } else { Phase::Step };
            let mut exchange = fixture::exchange(&own, phase, "one of its steps", (method, path), status);
            exchange.started_ms = start + f64::from(order) * 8.0;
            exchange.duration_ms = 5.0 + f64::from(u8::try_from(index % 40).expect("it is small"));
            if let RecordedAnswer::Response { body, .. } = &mut exchange.answer
                && order < 3
            {
                *body = Some(fixture::body(&user(index)));
            }
            case.exchanges.push(ExchangeId(own));
            exchanges.push(exchange);
        }
        cases.push(case);
    }
    fixture::result_of(cases, exchanges)
}

fn one(case: &str, index: usize, check: usize, broken: bool) -> Finding {
    let requirement = REQUIREMENTS[(index / 7 + check) % REQUIREMENTS.len()];
    let verdict = match broken {
        false => Verdict::Pass,
        true if index.is_multiple_of(5) => Verdict::Warn,
        true => Verdict::Fail,
    };
    let level = if verdict == Verdict::Warn { Level::Should } else { Level::Must };
    let mut finding = fixture::finding(&format!("{case}#check-{check}"), requirement, level, verdict);
    if broken {
        finding.wanted = format!("\"sc{index}@example.com\" and nothing else");
        finding.got = format!("\"SC{index}@EXAMPLE.COM\" and {} more", index % 3);
        "$.emails[*].value".clone_into(&mut finding.at);
        finding.exchange = Some(ExchangeId(format!("{case}:2")));
        finding.hint = Some("The values were changed to upper case.".to_owned());
    }
    finding
}

fn user(index: usize) -> serde_json::Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223",
        "userName": format!("sc{index}@example.com"),
        "name": { "givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace" },
        "emails": [{ "value": format!("SC{index}@EXAMPLE.COM"), "type": "work", "primary": true }],
        "active": true,
        "meta": { "resourceType": "User", "location": "https://scim.example.com/v2/Users/2819c223", "version": "W/\"1\"" },
    })
}

/// Cases in the shape of a run against a real server that breaks much: of a hundred 13 fail, 3 are warnings and 3 infos, 7 do
/// not apply; one to eight checks and two to six requests each, bodies of all sizes, some two hundred causes.
pub(crate) fn real(number: usize) -> RunResult {
    let mut exchanges = Vec::new();
    let mut cases = Vec::new();
    for index in 0..number {
        let id = format!("{}/suite-{}/case-{index}", AREAS[index / 25 % AREAS.len()], index / 25);
        let verdict = match index * 37 % 100 {
            0..13 => Verdict::Fail,
            13..16 => Verdict::Warn,
            16..19 => Verdict::Info,
            19..26 => Verdict::NotApplicable,
            _ => Verdict::Pass,
        };
        let checks = (0..=index * 7 % 8).map(|check| checked(&id, index, check, verdict)).collect();
        let title = "A replace of one value leaves the other values of the attribute as they were";
        let mut case = fixture::case(&id, AREAS[index / 25 % AREAS.len()], title, checks);
        if verdict == Verdict::NotApplicable {
            case.reason = Some("the target does not claim etag".to_owned());
            case.duration_ms = 0.0;
            cases.push(case);
            continue;
        }
        for order in 1..2 + index % 6 {
            let own = format!("{id}:{order}");
            let (method, path, status) = REQUESTS[order % 2];
            let mut exchange =
                fixture::exchange(&own, Phase::Step, "one of its steps", (method, path), status);
            exchange.started_ms = f64::from(u32::try_from(index * 3 + order * 8).expect("it is small"));
            exchange.duration_ms = 2.0 + f64::from(u8::try_from(index % 40).expect("it is small"));
            exchange.request.body = (order == 1).then(|| fixture::body(&user(index)));
            if let RecordedAnswer::Response { headers, body, .. } = &mut exchange.answer {
                for (name, value) in [
                    ("date", "Thu, 26 Nov 2026 11:25:39 GMT"),
                    ("etag", "W/\"9a-aB\""),
                    ("connection", "keep-alive"),
                ] {
                    headers.push(name, value);
                }
                let size = [1, 1, 1, 1, 12][index % 5];
                let list: Vec<_> = (0..size).map(|more| user(index + more)).collect();
                *body = Some(fixture::body(&json!({ "totalResults": size, "Resources": list })));
            }
            case.exchanges.push(ExchangeId(own));
            exchanges.push(exchange);
        }
        cases.push(case);
    }
    fixture::result_of(cases, exchanges)
}

fn checked(case: &str, index: usize, check: usize, verdict: Verdict) -> Finding {
    let requirement = REQUIREMENTS[(index / 7 + check) % REQUIREMENTS.len()];
    let judged = if verdict != Verdict::NotApplicable && check > 0 { Verdict::Pass } else { verdict };
    let mut finding = fixture::finding(&format!("{case}#check-{check}"), requirement, Level::Must, judged);
    if matches!(judged, Verdict::Fail | Verdict::Warn | Verdict::Info) {
        let kind = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"][index % 11];
        finding.wanted = format!("the value of kind {kind} and no other");
        finding.got = format!("nothing of kind {kind}");
        "$.emails[*].value".clone_into(&mut finding.at);
        finding.exchange = Some(ExchangeId(format!("{case}:1")));
    }
    finding
}
