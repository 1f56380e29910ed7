//! From a check of a suite and an exchange to a judgement.

use serde_json::Value;

use super::matcher::{Held, Subject, evaluate};
use super::{Context, explain, locate};
use crate::model::{Answer, Completeness, Exchange, Failure, FailureKind, Level, Verdict};
use crate::suite::format::{
    Check, Condition, Expect, Matcher, Outcome, OutcomeVerdict, StatusPattern, Tolerance,
};

/// What a check concluded.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The judgement.
    pub verdict: Verdict,
    /// The level it was judged at.
    pub level: Level,
    /// What was wanted.
    pub wanted: String,
    /// What came.
    pub got: String,
    /// Where.
    pub at: String,
    /// A guess at the cause, when it does not hold.
    pub hint: Option<String>,
    /// Slugs of the ambiguities that were taken into account.
    pub see: Vec<String>,
    /// Why nothing was judged.
    pub reason: Option<String>,
    /// Why the check is as it is, or why something is tolerated.
    pub why: Option<String>,
}

/// What an `expect` or `one_of` concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Whether the case goes on.
    pub holds: bool,
    /// What was wanted.
    pub wanted: String,
    /// What came.
    pub got: String,
    verdict: ExpectationVerdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpectationVerdict {
    Of(OutcomeVerdict),
    /// The harness or the network is to blame, or nobody: it proves nothing about the target.
    NotJudged,
}

impl Expectation {
    /// The verdict at the level of the requirement.
    #[must_use]
    pub fn verdict(&self, level: Level) -> Verdict {
        match self.verdict {
            ExpectationVerdict::Of(verdict) => verdict.verdict(level),
            ExpectationVerdict::NotJudged => Verdict::Error,
        }
    }
}

/// Judges a check whose templates are filled in.
#[must_use]
pub fn judge(check: &Check, exchange: &Exchange, context: &Context) -> Judgement {
    let requirement = context.catalogue.requirement(&check.requirement);
    let level = check.level.or_else(|| requirement.map(|r| r.level)).unwrap_or(Level::Must);
    let mut judgement = Judgement {
        verdict: Verdict::Pass,
        level,
        wanted: String::new(),
        got: String::new(),
        at: place(
            check.at.as_deref(),
            check.header.as_deref(),
            check.matchers().first().map(|(_, matcher)| matcher),
        ),
        hint: None,
        see: check.see.to_vec(),
        reason: None,
        why: check.why.as_deref().map(|why| why.trim().to_owned()),
    };
    let look = Look { at: check.at.as_deref(), header: check.header.as_deref() };
    let held = match check.matchers().first() {
        Some((_, matcher)) => look.held(matcher, exchange, context),
        None => Err("the check has no matcher".to_owned()),
    };
    match held {
        Err(reason) => Judgement { verdict: Verdict::Error, reason: Some(reason), ..judgement },
        Ok(Held::NotApplicable(reason)) => {
            Judgement { verdict: Verdict::NotApplicable, reason: Some(reason), ..judgement }
        }
        Ok(Held::Untold { wanted, got, why }) => {
            Judgement { verdict: Verdict::Blocked, wanted, got, reason: Some(why), ..judgement }
        }
        Ok(Held::Yes { got }) => Judgement { got, ..judgement },
        Ok(Held::No { wanted, got }) => {
            (judgement.wanted, judgement.got) = (wanted, got);
            if let Some(tolerance) =
                check.tolerate.iter().find(|tolerance| fits(tolerance, &look, exchange, context))
            {
                judgement.verdict = tolerance.verdict.verdict(level);
                judgement.see.extend(tolerance.see.clone().filter(|slug| !check.see.contains(slug)));
                let said = tolerance.see.as_deref().and_then(|slug| context.catalogue.ambiguity(slug));
                let why = tolerance.why.clone().or_else(|| said.map(|ambiguity| ambiguity.text.clone()));
                judgement.why = why.map(|why| format!("tolerated: {}", why.trim())).or(judgement.why);
            } else {
                judgement.verdict = level.verdict_if_broken();
                judgement.hint.clone_from(&check.hint);
            }
            judgement
        }
    }
}

fn fits(tolerance: &Tolerance, own: &Look<'_>, exchange: &Exchange, context: &Context) -> bool {
    let elsewhere = tolerance.at.is_some() || tolerance.header.is_some();
    let look = if elsewhere {
        Look { at: tolerance.at.as_deref(), header: tolerance.header.as_deref() }
    } else {
        Look { at: own.at, header: own.header }
    };
    look.all_hold(&tolerance.matchers(), exchange, context)
}

/// Where a check looks.
struct Look<'c> {
    at: Option<&'c str>,
    header: Option<&'c str>,
}

impl Look<'_> {
    /// Whether every one of some matchers holds here; without any, nothing does.
    fn all_hold(&self, matchers: &[(&'static str, Matcher)], exchange: &Exchange, context: &Context) -> bool {
        let holds = |(_, matcher): &(_, Matcher)| {
            matches!(self.held(matcher, exchange, context), Ok(Held::Yes { .. }))
        };
        !matchers.is_empty() && matchers.iter().all(holds)
    }

    /// Errors are what nobody can judge: a timeout, a body that was not read to its end.
    fn held(&self, matcher: &Matcher, exchange: &Exchange, context: &Context) -> Result<Held, String> {
        let response = match &exchange.answer {
            Answer::Response(response) => response,
            // A look at a login that got no answer shows nothing of it, whatever the reason.
            Answer::Failed(failure) if matches!(matcher, Matcher::Token(_)) => {
                return Ok(Held::Untold {
                    wanted: "an answer".to_owned(),
                    got: format!("no answer: {}", failure.message),
                    why: format!("whether the login counts cannot be told: no answer: {}", failure.message),
                });
            }
            Answer::Failed(failure) if proves_nothing(failure) => {
                return Err(format!("no answer: {}", failure.message));
            }
            Answer::Failed(failure) => {
                return Ok(Held::No {
                    wanted: "an answer".to_owned(),
                    got: format!("no answer: {}", failure.message),
                });
            }
        };
        let looks_at_body =
            self.header.is_none() && !matches!(matcher, Matcher::Status(_) | Matcher::Token(_));
        if looks_at_body && let Some(limit) = response.body.completeness.limit() {
            let help = match response.body.completeness {
                Completeness::TooLarge(_) => "; raise max_body to judge it",
                _ => "",
            };
            return Err(format!("{limit} and was not read{help}"));
        }
        let header_values: Vec<Value>;
        let (nodes, plural) = if let Some(header) = self.header {
            let name = header.to_ascii_lowercase();
            let values = response.headers.iter().filter(|(key, _)| *key == name);
            header_values = values.map(|(_, value)| Value::from(value.as_str())).collect();
            (header_values.iter().collect(), false)
        } else {
            let place = self.at.unwrap_or_default();
            match response.body.json() {
                Some(body) => {
                    let nodes = locate::locate(place, body, context.type_of(body))
                        .map_err(|error| error.to_string())?;
                    (nodes, locate::is_plural(place))
                }
                None => (Vec::new(), false),
            }
        };
        let found_nothing = nodes.is_empty();
        let subject = Subject { exchange, response, nodes, plural, in_body: self.header.is_none() };
        let held = evaluate(matcher, &subject, context);
        Ok(if found_nothing && !says_status(matcher) { with_status(held, exchange) } else { held })
    }
}

/// Matchers whose `got` has the status in it.
fn says_status(matcher: &Matcher) -> bool {
    matches!(matcher, Matcher::Status(_) | Matcher::ScimError(_))
}

/// Where an answer has nothing of what was looked for since it is another one than expected (a refusal, an answer
/// without body), "nothing" alone would hide that.
fn with_status(held: Held, exchange: &Exchange) -> Held {
    let usual = exchange.response().is_none_or(|response| [200, 201].contains(&response.status));
    match held {
        Held::No { wanted, got } if !usual => {
            Held::No { wanted, got: format!("{got} (the answer was {})", explain::refusal(exchange)) }
        }
        other => other,
    }
}

/// Failures that may be the network's or ours: they say nothing about the target's conformance.
fn proves_nothing(failure: &Failure) -> bool {
    !matches!(failure.kind, FailureKind::Closed | FailureKind::Protocol | FailureKind::Redirect)
}

fn place(at: Option<&str>, header: Option<&str>, matcher: Option<&Matcher>) -> String {
    match (at, header, matcher) {
        (_, Some(header), _) => format!("header {header}"),
        (Some(""), ..) => "the body".to_owned(),
        (Some(at), ..) => at.to_owned(),
        (None, None, Some(Matcher::Status(_) | Matcher::ScimError(_) | Matcher::Token(_))) => {
            "the answer".to_owned()
        }
        (None, None, _) => "the body".to_owned(),
    }
}

/// Judges the `expect` of a step.
#[must_use]
pub fn expect(expect: &Expect, exchange: &Exchange) -> Expectation {
    let mut wanted = format!("status {}", expect.status);
    let mut got = explain::answer(exchange);
    let mut holds = exchange.response().is_some_and(|response| expect.status.fits(response.status));
    let status_holds = holds;
    if let Some(kind) = expect.body
        && let Some(response) = exchange.response()
    {
        let body = super::judge::body_held(kind, exchange);
        wanted = format!("{wanted} with {}", body.0);
        if holds && !body.1 {
            holds = false;
            got = format!("{got} with {}", explain::body(&response.body));
        }
    }
    expectation(holds, wanted, got, exchange, status_holds)
}

fn body_held(kind: crate::suite::format::BodyKind, exchange: &Exchange) -> (&'static str, bool) {
    use crate::suite::format::BodyKind;
    let body = exchange.response().map(|response| &response.body);
    match kind {
        BodyKind::Empty => ("an empty body", body.is_some_and(|body| body.bytes.is_empty())),
        BodyKind::Object => {
            ("a JSON object", body.and_then(|body| body.json()).is_some_and(Value::is_object))
        }
        BodyKind::Json => ("a JSON body", body.is_some_and(|body| body.json().is_some())),
    }
}

/// `status_fits`: whatever is wrong is in the body.
fn expectation(
    holds: bool,
    wanted: String,
    got: String,
    exchange: &Exchange,
    status_fits: bool,
) -> Expectation {
    let verdict = match &exchange.answer {
        _ if holds => ExpectationVerdict::Of(OutcomeVerdict::Pass),
        // A limit of ours is not the target's fault.
        Answer::Response(response) if status_fits && response.body.completeness.limit().is_some() => {
            ExpectationVerdict::NotJudged
        }
        Answer::Failed(failure) if proves_nothing(failure) => ExpectationVerdict::NotJudged,
        _ => ExpectationVerdict::Of(OutcomeVerdict::Fail),
    };
    Expectation { holds, wanted, got, verdict }
}

/// Which outcome the target chose: the first whose status and conditions fit. The templates of the conditions are
/// filled in.
#[must_use]
pub fn take_outcome(outcomes: &[Outcome], exchange: &Exchange, context: &Context) -> Option<usize> {
    let status = exchange.response()?.status;
    let condition_holds = |condition: &Condition| {
        let look = Look { at: condition.at.as_deref(), header: condition.header.as_deref() };
        look.all_hold(&condition.matchers(), exchange, context)
    };
    outcomes
        .iter()
        .position(|outcome| outcome.status.fits(status) && outcome.when.iter().all(condition_holds))
}

/// The judgement of an outcome that was taken.
#[must_use]
pub fn outcome(outcome: &Outcome, exchange: &Exchange) -> Expectation {
    let failed = outcome.verdict == OutcomeVerdict::Fail;
    let got = format!("{}: {}", outcome.outcome, explain::answer(exchange));
    let wanted =
        if outcome.verdict == OutcomeVerdict::Pass { String::new() } else { "another outcome".to_owned() };
    Expectation { holds: !failed, wanted, got, verdict: ExpectationVerdict::Of(outcome.verdict) }
}

/// The judgement when no outcome fits.
#[must_use]
pub fn no_outcome(outcomes: &[Outcome], exchange: &Exchange) -> Expectation {
    let allowed = outcomes.iter().filter(|outcome| outcome.verdict != OutcomeVerdict::Fail);
    let words: Vec<_> = allowed.map(|outcome| format!("{} ({})", outcome.outcome, outcome.status)).collect();
    let wanted = match words.as_slice() {
        [] => StatusPattern(vec![(200, 299)]).to_string(),
        words => words.join(", or "),
    };
    let status = exchange.response().map(|response| response.status);
    let status_fits = status.is_some_and(|status| outcomes.iter().any(|outcome| outcome.status.fits(status)));
    expectation(false, wanted, explain::answer(exchange), exchange, status_fits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing;

    fn check(value: Value) -> Check {
        let mut value = value;
        value["id"] = json!("c");
        if value.get("requirement").is_none() {
            value["requirement"] = json!("RFC7644-3.4.1-02");
        }
        serde_json::from_value(value).unwrap()
    }

    fn judged(check_value: Value, exchange: &Exchange) -> Judgement {
        judge(&check(check_value), exchange, &testing::context())
    }

    #[test]
    fn what_is_missing_in_a_refusal_is_told_with_it() {
        let check: Check = serde_json::from_value(serde_json::json!({
            "id": "name", "at": "userName", "equals": "ada", "requirement": "RFC7644-3.4.1-02",
        }))
        .unwrap();
        let context = testing::context();
        let got = |exchange: &Exchange| judge(&check, exchange, &context).got;
        let error = serde_json::json!({ "scimType": "invalidValue", "detail": "x".repeat(1000) });
        let refused = got(&testing::json_exchange("POST", "/Users", 400, &error));
        assert!(refused.starts_with("nothing (the answer was 400 invalidValue: xxx"), "{refused}");
        assert!(refused.len() < 500, "{refused}");
        let empty = testing::exchange("PATCH", "/Users/1", 204, &[], "");
        assert_eq!(got(&empty), "an empty body (the answer was 204)");
        let shown = testing::json_exchange("GET", "/Users/1", 200, &serde_json::json!({ "id": "1" }));
        assert_eq!(got(&shown), "nothing");
    }

    #[test]
    fn the_level_comes_from_the_requirement() {
        let exchange = testing::json_exchange("GET", "/Users/1", 200, &json!({ "id": "1" }));
        let must = judged(json!({ "at": "id", "equals": "2", "hint": "wrong one" }), &exchange);
        assert_eq!((must.verdict, must.level), (Verdict::Fail, Level::Must));
        assert_eq!((must.wanted.as_str(), must.got.as_str(), must.at.as_str()), ("\"2\"", "\"1\"", "id"));
        assert_eq!(must.hint.as_deref(), Some("wrong one"));
        let lowered = judged(json!({ "at": "id", "equals": "2", "level": "SHOULD" }), &exchange);
        assert_eq!(lowered.verdict, Verdict::Warn);
        let pass = judged(json!({ "at": "id", "equals": "1" }), &exchange);
        assert_eq!((pass.verdict, pass.hint), (Verdict::Pass, None));
    }

    #[test]
    fn what_is_tolerated_is_judged_as_it_says() {
        let exchange = testing::exchange("POST", "/Users", 201, &[("location", "x")], "");
        let check = json!({
            "at": "id", "exists": true,
            "tolerate": [{ "body": "empty", "verdict": "warn", "see": "post-response-body" }],
        });
        let judgement = judged(check, &exchange);
        assert_eq!(judgement.verdict, Verdict::Warn);
        assert_eq!(judgement.see, ["post-response-body"]);
        assert!(judgement.why.unwrap().starts_with("tolerated: "));
        let header = judged(json!({ "header": "Location", "exists": true }), &exchange);
        assert_eq!((header.verdict, header.at.as_str()), (Verdict::Pass, "header Location"));
    }

    #[test]
    fn what_nobody_can_judge_is_an_error_and_never_green() {
        let mut exchange = testing::exchange("GET", "/Users/1", 200, &[], "");
        let failure = |kind| Answer::Failed(Failure { kind, message: "why".to_owned() });
        exchange.answer = failure(FailureKind::Timeout);
        assert_eq!(judged(json!({ "at": "id", "exists": false }), &exchange).verdict, Verdict::Error);
        let expected = expect(&Expect { status: StatusPattern(vec![(200, 200)]), body: None }, &exchange);
        assert_eq!((expected.holds, expected.verdict(Level::Must)), (false, Verdict::Error));
        exchange.answer = failure(FailureKind::Closed);
        assert_eq!(judged(json!({ "at": "id", "exists": false }), &exchange).verdict, Verdict::Fail);
        let expected = expect(&Expect { status: StatusPattern(vec![(200, 200)]), body: None }, &exchange);
        assert_eq!(expected.verdict(Level::Should), Verdict::Warn);
    }

    #[test]
    fn outcomes_in_their_order() {
        let outcomes: Vec<Outcome> = serde_json::from_value(json!([
            { "outcome": "keeps it", "status": 200, "when": [{ "at": "title", "equals": "Dr" }] },
            { "outcome": "drops it", "status": 200, "verdict": "warn" },
            { "outcome": "refuses", "status": 400 },
        ]))
        .unwrap();
        let context = testing::context();
        let kept = testing::json_exchange("PUT", "/Users/1", 200, &json!({ "title": "Dr" }));
        let dropped = testing::json_exchange("PUT", "/Users/1", 200, &json!({}));
        let failed = testing::json_exchange("PUT", "/Users/1", 500, &json!({}));
        assert_eq!(take_outcome(&outcomes, &kept, &context), Some(0));
        assert_eq!(take_outcome(&outcomes, &dropped, &context), Some(1));
        assert_eq!(take_outcome(&outcomes, &failed, &context), None);
        assert_eq!(outcome(&outcomes[1], &dropped).verdict(Level::Must), Verdict::Warn);
        let none = no_outcome(&outcomes, &failed);
        assert_eq!(none.wanted, "keeps it (200), or drops it (200), or refuses (400)");
        assert_eq!(none.verdict(Level::Must), Verdict::Fail);
    }
}
