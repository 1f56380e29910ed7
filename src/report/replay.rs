//! A few lines for a shell that play a case again up to a request: what the case made is deleted when it ends, so that the
//! request alone would find nothing.

use std::fmt::Write as _;

use super::text::visible;
use crate::model::{Phase, RecordedAnswer, RecordedExchange};

/// A case that changed something more often has no script.
const CHANGES: usize = 10;
/// Bytes of a script at most: reports show that much of a command.
const LONGEST: usize = 3_800;

/// The ids of resources that were made, and the shell variables that stand for them.
type Made = Vec<(String, String)>;

/// The script: every change before `judged`, `judged` itself, and the removal of what was made. `None` if nothing was made
/// before, or too much for a script. `exchanges` are those of the case, in order.
pub(super) fn script(exchanges: &[&RecordedExchange], judged: &RecordedExchange) -> Option<String> {
    let place = exchanges.iter().position(|exchange| exchange.id == judged.id)?;
    let before: Vec<_> = exchanges[..place]
        .iter()
        .filter(|exchange| matches!(exchange.phase, Phase::Setup | Phase::Step) && changes(exchange))
        .collect();
    if before.len() > CHANGES {
        return None;
    }
    let (mut made, mut lines) = (Made::new(), Vec::new());
    for exchange in before {
        let command = with_variables(&visible(&exchange.curl), &made);
        match made_id(exchange) {
            Some(id) => {
                let variable = format!("id{}", made.len() + 1);
                lines.push(format!("{variable}=$({} | jq -r .id)", quietly(&command)));
                made.push((id, variable));
            }
            None => lines.push(command),
        }
    }
    if made.is_empty() || judged.curl.is_empty() {
        return None;
    }
    lines.push(with_variables(&visible(&judged.curl), &made));
    for (id, _) in &made {
        let removal = removal(exchanges, id, judged).map(|removal| with_variables(&removal, &made));
        lines.extend(removal);
    }
    let script = lines.join("\n");
    (script.len() <= LONGEST).then_some(script)
}

/// The command that deletes a resource, unless that happens in the script anyway: as clean-up did, or else with the
/// headers of a read.
fn removal(exchanges: &[&RecordedExchange], id: &str, judged: &RecordedExchange) -> Option<String> {
    let end = format!("/{id}");
    let of = |method: &str| {
        let is_it = |exchange: &&&RecordedExchange| {
            exchange.request.method == method && exchange.request.url.ends_with(&end)
        };
        exchanges.iter().find(is_it)
    };
    match of("DELETE") {
        Some(removal) if removal.phase == Phase::Cleanup => Some(quietly(&visible(&removal.curl))),
        Some(removal) if removal.started_ms <= judged.started_ms => None,
        _ => {
            of("GET").map(|read| quietly(&visible(&read.curl)).replacen("curl -s ", "curl -s -X DELETE ", 1))
        }
    }
}

fn changes(exchange: &RecordedExchange) -> bool {
    let path = exchange.request.url.split(['?', '#']).next().unwrap_or_default();
    !matches!(exchange.request.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !path.ends_with("/.search")
}

/// The id of the resource that a POST made.
fn made_id(exchange: &RecordedExchange) -> Option<String> {
    let RecordedAnswer::Response { status: 200..=299, body: Some(body), .. } = &exchange.answer else {
        return None;
    };
    let id = body.json.as_ref().filter(|_| exchange.request.method == "POST")?.value();
    id.get("id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The command without the head of the answer.
fn quietly(command: &str) -> String {
    let words = command.strip_prefix("curl -i ").or_else(|| command.strip_prefix("curl "));
    words.map_or_else(|| command.to_owned(), |words| format!("curl -s {words}"))
}

/// How a part of a command is quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Plain,
    /// `'…'`
    Single,
    /// `$'…'`
    Ansi,
}

/// A command in which variables stand for ids, where an id is a segment of a path or a text in quotes.
fn with_variables(command: &str, made: &Made) -> String {
    let (mut out, mut quoting, mut place) = (String::new(), Quoting::Plain, 0);
    while let Some(character) = command[place..].chars().next() {
        let (before, rest) = command.split_at(place);
        let known = made
            .iter()
            .find(|(id, _)| rest.strip_prefix(id.as_str()).is_some_and(|after| is_bounded(before, after)));
        if let Some((id, variable)) = known {
            let (close, open) = match quoting {
                Quoting::Plain => ("", ""),
                Quoting::Single => ("'", "'"),
                Quoting::Ansi => ("'", "$'"),
            };
            let _ = write!(out, "{close}\"${variable}\"{open}");
            place += id.len();
            continue;
        }
        out.push(character);
        place += character.len_utf8();
        match (quoting, character) {
            (Quoting::Plain | Quoting::Ansi, '\\') => {
                let escaped = command[place..].chars().next();
                out.extend(escaped);
                place += escaped.map_or(0, char::len_utf8);
            }
            (Quoting::Plain, '\'') => {
                quoting = if before.ends_with('$') { Quoting::Ansi } else { Quoting::Single };
            }
            (Quoting::Single | Quoting::Ansi, '\'') => quoting = Quoting::Plain,
            _ => {}
        }
    }
    out
}

fn is_bounded(before: &str, after: &str) -> bool {
    let begins = ["/", "\"", "%22"].iter().any(|end| before.ends_with(end));
    begins
        && (after.is_empty()
            || ["/", "\"", "%22", "?", "\\", "'", " "].iter().any(|end| after.starts_with(end)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{ExchangeId, Headers, RecordedBody, RecordedRequest};

    fn exchange(
        number: usize,
        phase: Phase,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> RecordedExchange {
        let answer = json!({ "id": format!("made-{number}") });
        let words = match method {
            "GET" => String::new(),
            method => format!("-X {method} "),
        };
        let data = body.map(|body| format!(" --data-binary '{body}'")).unwrap_or_default();
        RecordedExchange {
            id: ExchangeId(format!("a/b:{number}")),
            phase,
            step: String::new(),
            request: RecordedRequest {
                method: method.to_owned(),
                url: format!("http://h{path}"),
                headers: Headers::default(),
                body: None,
            },
            answer: RecordedAnswer::Response {
                status: 201,
                headers: Headers::default(),
                body: Some(RecordedBody::of_json(&answer, 1)),
            },
            started_ms: 0.0,
            duration_ms: 0.0,
            curl: format!("curl -i {words}http://h{path}{data}"),
        }
    }

    #[test]
    fn what_a_case_made_is_made_again_and_removed() {
        let all = [
            exchange(1, Phase::Setup, "POST", "/Users", Some(json!({ "userName": "it" }))),
            exchange(2, Phase::Setup, "POST", "/Groups", Some(json!({ "members": [{ "value": "made-1" }] }))),
            exchange(3, Phase::Step, "GET", "/Groups/made-2", None),
            exchange(
                4,
                Phase::Step,
                "PATCH",
                "/Groups/made-2",
                Some(json!({ "path": "members[value eq \"made-1\"]" })),
            ),
            exchange(5, Phase::Step, "GET", "/Users/made-1", None),
            exchange(6, Phase::Cleanup, "DELETE", "/Groups/made-2", None),
        ];
        let all: Vec<_> = all.iter().collect();
        assert_eq!(
            script(&all, all[4]).unwrap(),
            r#"id1=$(curl -s -X POST http://h/Users --data-binary '{"userName":"it"}' | jq -r .id)
id2=$(curl -s -X POST http://h/Groups --data-binary '{"members":[{"value":"'"$id1"'"}]}' | jq -r .id)
curl -i -X PATCH http://h/Groups/"$id2" --data-binary '{"path":"members[value eq \"'"$id1"'\"]"}'
curl -i http://h/Users/"$id1"
curl -s -X DELETE http://h/Users/"$id1"
curl -s -X DELETE http://h/Groups/"$id2""#
        );
        assert_eq!(script(&all, all[0]), None, "nothing was made before");
    }

    #[test]
    fn quotes_stay_as_they_are() {
        let made = vec![("made-1".to_owned(), "id1".to_owned())];
        for (command, wanted) in [
            ("curl 'http://h/made-1'", r#"curl 'http://h/'"$id1"''"#),
            (r#"curl $'{"a":"it\'s","b":"made-1"}'"#, r#"curl $'{"a":"it\'s","b":"'"$id1"$'"}'"#),
            (r#"curl 'it'\''s "made-1"'"#, r#"curl 'it'\''s "'"$id1"'"'"#),
            ("curl 'x made-1' made-1 /made-11", "curl 'x made-1' made-1 /made-11"),
        ] {
            assert_eq!(with_variables(command, &made), wanted);
        }
    }
}
