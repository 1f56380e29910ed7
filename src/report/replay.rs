//! A few lines for a shell that play a case again up to a request: what the case made is deleted when it ends, so that the
//! request alone would find nothing.

use std::fmt::Write as _;

use serde_json::Value;

use super::text::copyable;
use crate::model::{Phase, RecordedAnswer, RecordedExchange};

/// A case that changed something more often has no script.
const CHANGES: usize = 10;
/// Bytes of a script at most: reports show that much of a command.
const LONGEST: usize = 3_800;

/// What was made: the id, the shell variable that stands for it, and the place of the request that made it.
type Made<'r> = Vec<(String, String, &'r RecordedExchange)>;

/// The script: every change before `judged`, `judged` itself, and the removal of what was made. `None` if nothing was made
/// before, if that is too much for a script, or if it needs what is not known to have been made. `exchanges` are those of
/// the case, in order.
pub(super) fn script(exchanges: &[&RecordedExchange], judged: &RecordedExchange) -> Option<String> {
    let place = exchanges.iter().position(|exchange| exchange.id == judged.id)?;
    let before: Vec<_> = exchanges[..place]
        .iter()
        .copied()
        .filter(|exchange| matches!(exchange.phase, Phase::Setup | Phase::Step) && changes(exchange))
        .collect();
    if before.len() > CHANGES || judged.curl.is_empty() {
        return None;
    }
    let (mut made, mut lines) = (Made::new(), Vec::new());
    for exchange in before.iter().copied() {
        lines.push(make(exchange, &mut made, quietly));
    }
    // What a job makes is known by its answer only.
    let is_job =
        |sent: &RecordedExchange| sent.request.method == "POST" && sent.request.url.ends_with("/Bulk");
    if before.iter().copied().chain([judged]).any(is_job) {
        return None;
    }
    if made.is_empty() || before.into_iter().chain([judged]).any(|sent| has_other_members(sent, &made)) {
        return None;
    }
    // What it makes is shown and removed.
    lines.push(make(judged, &mut made, aloud));
    let removed = |id: &str| {
        let gone = |exchange: &&RecordedExchange| {
            exchange.request.method == "DELETE" && is_at(exchange, id) && is_success(exchange)
        };
        exchanges[..=place].iter().copied().any(|exchange| gone(&exchange))
    };
    // The last first: what refers to another resource may have to go before it.
    lines.extend(made.iter().rev().filter(|(id, ..)| !removed(id)).map(removal));
    let script = lines.join("\n");
    (script.len() <= LONGEST).then_some(script)
}

/// The command of a change. If it made something, `speaks` makes the command say that alone to the shell.
fn make<'r>(exchange: &'r RecordedExchange, made: &mut Made<'r>, speaks: fn(&str) -> String) -> String {
    let command = with_variables(&copyable(&exchange.curl), made);
    match made_id(exchange) {
        Some(id) => {
            let variable = format!("id{}", made.len() + 1);
            let line = format!("{variable}=$({} | jq -r '.id // empty')", speaks(&command));
            made.push((id, variable, exchange));
            line
        }
        None => command,
    }
}

/// The command that deletes a resource: at the URL of the POST that made it, with its headers but those about the body.
fn removal((_, variable, maker): &(String, String, &RecordedExchange)) -> String {
    let url = path(&maker.request.url).trim_end_matches('/');
    let mut line = format!("curl -s -X DELETE {}", quote(url));
    // The alias of the own user (RFC 7644 §3.11) is no endpoint with ids below it.
    if !url.ends_with("/Me") {
        let _ = write!(line, "/\"${{{variable}:?}}\"");
    }
    let command = copyable(&maker.curl);
    let words = words(&command);
    for pair in words.windows(2) {
        let name = pair[1].trim_start_matches(['$', '\'']).split(':').next().unwrap_or_default();
        let about_body = ["content-type", "content-length", "content-encoding", "if-match", "if-none-match"];
        if pair[0] == "-H" && !about_body.contains(&name.to_ascii_lowercase().as_str()) {
            let _ = write!(line, " -H {}", pair[1]);
        }
    }
    line
}

/// Whether a body has members that are not known to have been made: resources of a set-up that makes many are not all
/// recorded, and their ids are gone.
fn has_other_members(exchange: &RecordedExchange, made: &Made<'_>) -> bool {
    fn any(value: &Value, inside: bool, is_other: &dyn Fn(&str) -> bool) -> bool {
        match value {
            Value::Array(items) => items.iter().any(|item| any(item, inside, is_other)),
            Value::Object(object) => {
                let own = object.get("value").and_then(Value::as_str);
                let path = object.get("path").and_then(Value::as_str);
                let below = path.is_some_and(|path| path.eq_ignore_ascii_case("members"));
                inside && own.is_some_and(is_other)
                    || object.iter().any(|(name, value)| {
                        let inside = name.eq_ignore_ascii_case("members") || below && name == "value";
                        any(value, inside, is_other)
                    })
            }
            _ => false,
        }
    }
    let Some(json) = exchange.request.body.as_ref().and_then(|body| body.json.as_ref()) else { return false };
    any(&json.value(), false, &|id| !made.iter().any(|(own, ..)| own == id))
}

fn path(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// Whether a request is about the resource with this id.
fn is_at(exchange: &RecordedExchange, id: &str) -> bool {
    path(&exchange.request.url).rsplit_once('/').is_some_and(|(_, last)| last == id)
}

fn is_success(exchange: &RecordedExchange) -> bool {
    matches!(exchange.answer, RecordedAnswer::Response { status: 200..=299, .. })
}

fn changes(exchange: &RecordedExchange) -> bool {
    !matches!(exchange.request.method.as_str(), "GET" | "HEAD" | "OPTIONS")
        && !path(&exchange.request.url).ends_with("/.search")
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

/// The command with the head and the body of the answer on standard error, where they are seen and not taken for the
/// output.
fn aloud(command: &str) -> String {
    let quiet = quietly(command);
    let words = quiet.strip_prefix("curl -s ").unwrap_or(&quiet);
    format!("curl -s -D /dev/stderr {words} | tee /dev/stderr")
}

/// A text for a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", copyable(text).replace('\'', "'\\''"))
}

/// The words of a command, quoted as they are.
fn words(command: &str) -> Vec<&str> {
    let (mut words, mut begin, mut quoting, mut escaped) = (Vec::new(), 0, Quoting::Plain, false);
    let mut before = ' ';
    for (place, character) in command.char_indices() {
        if escaped {
            escaped = false;
        } else {
            (quoting, escaped) = quoting.after(before, character);
            if quoting == Quoting::Plain && character == ' ' {
                words.push(&command[begin..place]);
                begin = place + 1;
            }
        }
        before = character;
    }
    words.push(&command[begin..]);
    words.retain(|word| !word.is_empty());
    words
}

/// How a part of a command is quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Plain,
    /// `'…'`
    Single,
    /// `$'…'`
    Ansi,
    /// `"…"`
    Double,
}

impl Quoting {
    /// How what follows a character is quoted, and whether the character takes the next one as it is.
    fn after(self, before: char, character: char) -> (Self, bool) {
        match (self, character) {
            (Self::Plain | Self::Ansi | Self::Double, '\\') => (self, true),
            (Self::Plain, '\'') if before == '$' => (Self::Ansi, false),
            (Self::Plain, '\'') => (Self::Single, false),
            (Self::Plain, '"') => (Self::Double, false),
            (Self::Single | Self::Ansi, '\'') | (Self::Double, '"') => (Self::Plain, false),
            _ => (self, false),
        }
    }
}

/// A command in which variables stand for ids, where an id is a segment of a path or a text in quotes.
fn with_variables(command: &str, made: &Made<'_>) -> String {
    let (mut out, mut quoting, mut place) = (String::new(), Quoting::Plain, 0);
    while let Some(character) = command[place..].chars().next() {
        let (before, rest) = command.split_at(place);
        let known = made
            .iter()
            .find(|(id, ..)| rest.strip_prefix(id.as_str()).is_some_and(|after| is_bounded(before, after)));
        if let Some((id, variable, _)) = known {
            let (close, open) = match quoting {
                Quoting::Plain => ("", ""),
                Quoting::Single => ("'", "'"),
                Quoting::Ansi => ("'", "$'"),
                Quoting::Double => ("\"", "\""),
            };
            let _ = write!(out, "{close}\"${{{variable}:?}}\"{open}");
            place += id.len();
            continue;
        }
        out.push(character);
        place += character.len_utf8();
        let escapes;
        (quoting, escapes) = quoting.after(before.chars().next_back().unwrap_or(' '), character);
        if escapes {
            let escaped = command[place..].chars().next();
            out.extend(escaped);
            place += escaped.map_or(0, char::len_utf8);
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
        let data = body.as_ref().map(|body| {
            format!(
                " -H 'authorization: Bearer '\"$SCIM_TOKEN\" -H 'content-type: a/b' --data-binary '{body}'"
            )
        });
        let data = data.unwrap_or_default();
        RecordedExchange {
            id: ExchangeId(format!("a/b:{number}")),
            phase,
            step: String::new(),
            request: RecordedRequest {
                method: method.to_owned(),
                url: format!("http://h{path}"),
                headers: Headers::default(),
                body: body.map(|body| RecordedBody::of_json(&body, 1)),
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
            r#"id1=$(curl -s -X POST http://h/Users -H 'authorization: Bearer '"$SCIM_TOKEN" -H 'content-type: a/b' --data-binary '{"userName":"it"}' | jq -r '.id // empty')
id2=$(curl -s -X POST http://h/Groups -H 'authorization: Bearer '"$SCIM_TOKEN" -H 'content-type: a/b' --data-binary '{"members":[{"value":"'"${id1:?}"'"}]}' | jq -r '.id // empty')
curl -i -X PATCH http://h/Groups/"${id2:?}" -H 'authorization: Bearer '"$SCIM_TOKEN" -H 'content-type: a/b' --data-binary '{"path":"members[value eq \"'"${id1:?}"'\"]"}'
curl -i http://h/Users/"${id1:?}"
curl -s -X DELETE http://h/Groups/"${id2:?}" -H 'authorization: Bearer '"$SCIM_TOKEN"
curl -s -X DELETE http://h/Users/"${id1:?}" -H 'authorization: Bearer '"$SCIM_TOKEN""#
        );
        assert_eq!(script(&all, all[0]), None, "nothing was made before");
    }

    #[test]
    fn everything_that_was_made_is_removed_once() {
        let user = || Some(json!({ "userName": "it" }));
        let all = [
            exchange(1, Phase::Setup, "POST", "/Users?attributes=userName", user()),
            exchange(2, Phase::Step, "DELETE", "/Users/made-1", None),
            exchange(3, Phase::Step, "POST", "/Users", user()),
            exchange(4, Phase::Step, "DELETE", "/Users/made-3", None),
        ];
        let all: Vec<_> = all.iter().collect();
        let lines = script(&all, all[2]).unwrap();
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 4, "what was deleted before is not deleted again: {lines:?}");
        assert!(
            lines[2].starts_with("id2=$(curl -s -D /dev/stderr -X POST http://h/Users -H "),
            "{}",
            lines[2]
        );
        assert!(lines[2].ends_with("' | tee /dev/stderr | jq -r '.id // empty')"), "{}", lines[2]);
        assert_eq!(
            lines[3],
            r#"curl -s -X DELETE http://h/Users/"${id2:?}" -H 'authorization: Bearer '"$SCIM_TOKEN""#
        );

        let mut refused = exchange(2, Phase::Step, "DELETE", "/Users/made-1", None);
        refused.answer = RecordedAnswer::Response { status: 412, headers: Headers::default(), body: None };
        let all = [all[0], &refused];
        assert!(script(&all, all[1]).unwrap().ends_with(
            "\ncurl -s -X DELETE http://h/Users/\"${id1:?}\" -H 'authorization: Bearer '\"$SCIM_TOKEN\""
        ));
    }

    #[test]
    fn there_is_no_script_with_ids_that_are_gone() {
        let group = |members: Value| {
            let all = [
                exchange(1, Phase::Setup, "POST", "/Users", Some(json!({ "userName": "it" }))),
                exchange(2, Phase::Setup, "POST", "/Groups", Some(json!({ "members": members }))),
                exchange(3, Phase::Step, "GET", "/Groups/made-2", None),
            ];
            let all: Vec<_> = all.iter().collect();
            script(&all, all[2]).is_some()
        };
        assert!(group(json!([{ "value": "made-1" }])));
        assert!(!group(json!([{ "value": "made-1" }, { "value": "not-recorded" }])));
        let patch = |value: Value| {
            let operation = json!({ "op": "replace", "path": "members", "value": value });
            let all = [
                exchange(1, Phase::Setup, "POST", "/Groups", Some(json!({}))),
                exchange(
                    2,
                    Phase::Step,
                    "PATCH",
                    "/Groups/made-1",
                    Some(json!({ "Operations": [operation] })),
                ),
            ];
            let all: Vec<_> = all.iter().collect();
            script(&all, all[1]).is_some()
        };
        assert!(patch(json!([])));
        assert!(!patch(json!([{ "value": "not-recorded" }])));
    }

    #[test]
    fn hidden_characters_stay_json() {
        let body = Some(json!({ "userName": "y\u{202e}" }));
        let all = [
            exchange(1, Phase::Setup, "POST", "/Users", body),
            exchange(2, Phase::Step, "GET", "/Users/made-1", None),
        ];
        let all: Vec<_> = all.iter().collect();
        assert!(script(&all, all[1]).unwrap().contains(r#"{"userName":"y\u202e"}"#));
    }

    #[test]
    fn commands_are_taken_apart() {
        assert_eq!(
            words(r#"curl -H 'a: b '"$X" $'it\'s 1' "a \" b" c"#),
            ["curl", "-H", r#"'a: b '"$X""#, r"$'it\'s 1'", r#""a \" b""#, "c"]
        );
    }

    #[test]
    fn quotes_stay_as_they_are() {
        let maker = exchange(1, Phase::Setup, "POST", "/Users", None);
        let made = vec![("made-1".to_owned(), "id1".to_owned(), &maker)];
        for (command, wanted) in [
            ("curl 'http://h/made-1'", r#"curl 'http://h/'"${id1:?}"''"#),
            (r#"curl $'{"a":"it\'s","b":"made-1"}'"#, r#"curl $'{"a":"it\'s","b":"'"${id1:?}"$'"}'"#),
            (r#"curl 'it'\''s "made-1"'"#, r#"curl 'it'\''s "'"${id1:?}"'"'"#),
            ("curl 'x made-1' made-1 /made-11", "curl 'x made-1' made-1 /made-11"),
        ] {
            assert_eq!(with_variables(command, &made), wanted);
        }
    }
}
