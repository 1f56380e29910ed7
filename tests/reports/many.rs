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
