//! Bulk jobs (RFC 7644 §3.7): what each operation of a body would do, and what the answer says about it.

use serde_json::{Map, Value};

use super::place::Places;

/// One operation of a bulk job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Its method, as it stands there; empty if there is none.
    pub(crate) method: String,
    /// The URL that it addresses; `None` without a path, so that it addresses nothing.
    pub(crate) url: Option<String>,
    /// Its `bulkId`.
    pub(crate) bulk_id: Option<String>,
    /// Its `data`.
    pub(crate) data: Value,
}

/// The operations of a body. `None` if it cannot be said what a server would read in it.
///
/// A body that is not JSON, or that says a name twice, is read in different ways; it may be sent only if no operation
/// can be in it.
pub(crate) fn operations(body: Option<&[u8]>, places: &Places) -> Option<Vec<Operation>> {
    let bytes = body.unwrap_or_default();
    let read = serde_json::from_slice::<Value>(bytes).ok().filter(|value| is_unambiguous(value, bytes));
    let Some(Value::Object(job)) = read else { return is_harmless(bytes).then(Vec::new) };
    let mut operations = Vec::new();
    // Attribute names have no letter case (RFC 7643 §2.1), so there may be several.
    for (_, list) in job.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Operations")) {
        let one = std::slice::from_ref(list);
        for entry in list.as_array().map_or(one, Vec::as_slice) {
            operations.push(operation(entry, places)?);
        }
    }
    Some(operations)
}

/// Every text that stands in the bytes stands in the value: nothing was said twice.
fn is_unambiguous(value: &Value, bytes: &[u8]) -> bool {
    let colons = |text: &str| text.matches(':').count();
    colons(&value.to_string()) == colons(&String::from_utf8_lossy(bytes))
}

fn is_harmless(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    !text.contains("method") && !text.contains('\\')
}

fn operation(entry: &Value, places: &Places) -> Option<Operation> {
    let Value::Object(entry) = entry else {
        return Some(Operation { method: String::new(), url: None, bulk_id: None, data: Value::Null });
    };
    let text = |name| member(entry, name).map(|value| value.as_str().map(str::to_owned));
    Some(Operation {
        method: text("method")?.unwrap_or_default(),
        url: text("path")?.map(|path| places.url_of(&path)),
        bulk_id: text("bulkId")?,
        data: member(entry, "data")?.clone(),
    })
}

/// A member by its name in any letter case, null if it is not there; `None` if there are several.
fn member<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let mut found = object.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let first = found.next();
    found.next().is_none().then_some(first.unwrap_or(&Value::Null))
}

/// What the answer to a job says about one of its creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// It was made, there.
    Created(String),
    /// It was refused.
    Refused(u16),
    /// Nothing of use.
    Nothing(String),
}

/// What an answer says about the create with this `bulkId`, which is the n-th operation of the job.
pub(crate) fn told(answer: Option<&Value>, index: usize, bulk_id: Option<&str>) -> Told {
    let list = answer.and_then(|answer| answer.get("Operations")).and_then(Value::as_array);
    let Some(list) = list else { return Told::Nothing("the answer has no Operations".to_owned()) };
    let of = |entry: &&Value| entry.get("bulkId").and_then(Value::as_str) == bulk_id;
    let entry = match bulk_id {
        Some(_) => list.iter().find(of),
        None => list.get(index),
    };
    let Some(entry) = entry else { return Told::Nothing("the answer does not mention it".to_owned()) };
    let status = status(entry);
    let location = entry.get("location").and_then(Value::as_str);
    match (status, location) {
        // 501 too: the operation is one that the target does not carry out (RFC 7644 §3.12).
        (Some(status @ (400..=499 | 501)), _) => Told::Refused(status),
        (Some(200..300) | None, Some(location)) => Told::Created(location.to_owned()),
        (Some(status), _) => Told::Nothing(format!("its status is {status}, and it has no location of use")),
        (None, None) => Told::Nothing("it has neither status nor location".to_owned()),
    }
}

/// The status in a result of a job.
fn status(result: &Value) -> Option<u16> {
    match result.get("status")? {
        Value::String(text) => text.parse().ok(),
        // RFC 7643 had it as an object in early drafts, and some servers send a number.
        Value::Object(object) => object.get("code")?.as_str()?.parse().ok(),
        Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
        _ => None,
    }
}

/// Whether a job has a change without the version of what it changes (RFC 7644 §3.7), and the answer refuses an operation,
/// or all of the job, for want of a condition (RFC 6585 §3). A 412 may be about the version of another operation.
pub(crate) fn lacks_version(job: Option<&[u8]>, whole: u16, answer: Option<&Value>) -> bool {
    let has_version = |operation: &Value| operation.get("version").is_some_and(|version| !version.is_null());
    let is_open = |operation: &Value| {
        let method = operation.get("method").and_then(Value::as_str).unwrap_or_default();
        ["PUT", "PATCH", "DELETE"].contains(&method) && !has_version(operation)
    };
    let any = |message: &Value, holds: &dyn Fn(&Value) -> bool| {
        message.get("Operations").and_then(Value::as_array).is_some_and(|all| all.iter().any(holds))
    };
    let refuses = |wanted: u16| {
        whole == wanted
            || answer.is_some_and(|answer| any(answer, &|result: &Value| status(result) == Some(wanted)))
    };
    if !refuses(428) && !refuses(412) {
        return false;
    }
    let Ok(job) = serde_json::from_slice::<Value>(job.unwrap_or_default()) else { return false };
    any(&job, &is_open) && (refuses(428) || !any(&job, &has_version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::*;

    fn read(body: &str) -> Option<Vec<Operation>> {
        let places = Places::new(&Url::parse("http://h/v2").unwrap(), []);
        operations(Some(body.as_bytes()), &places)
    }

    #[test]
    fn operations_are_found_in_any_letter_case() {
        let body = json!({
            "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "a", "data": { "x": 1 } }],
            "operations": [{ "METHOD": "DELETE", "Path": "Users/7" }, "odd"],
        });
        let read = read(&body.to_string()).unwrap();
        let seen: Vec<_> = read.iter().map(|op| (op.method.as_str(), op.url.as_deref())).collect();
        let wanted =
            [("POST", Some("http://h/v2/Users")), ("DELETE", Some("http://h/v2/Users/7")), ("", None)];
        assert_eq!(seen, wanted);
        assert_eq!((read[0].bulk_id.as_deref(), &read[0].data), (Some("a"), &json!({ "x": 1 })));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        let twice = r#"{"Operations":[{"method":"DELETE","path":"/Users/7"}],"Operations":[]}"#;
        let twice_inside = r#"{"Operations":[{"method":"GET","path":"/Users/7","method":"DELETE"}]}"#;
        let cases = r#"{"Operations":[{"method":"GET","path":"/Users/7","Method":"DELETE"}]}"#;
        let comment = r#"/* */{"Operations":[{"method":"DELETE","path":"/Users/7"}]}"#;
        let escaped = r#"/* */{"Operations":[{"\u006dethod":"DELETE","path":"/Users/7"}]}"#;
        for body in [twice, twice_inside, cases, comment, escaped] {
            assert_eq!(read(body), None, "{body}");
        }
        for harmless in ["", "{", "[]", "\"x\"", r#"{"schemas":["urn:x"],"Operations":[]}"#] {
            assert_eq!(read(harmless), Some(vec![]), "{harmless}");
        }
    }

    #[test]
    fn a_job_that_lacks_a_version() {
        let job = |operation: Value| json!({ "Operations": [operation] }).to_string();
        let open = job(json!({ "method": "PUT", "path": "/Users/1" }));
        let closed = job(json!({ "method": "PUT", "path": "/Users/1", "version": "W/\"1\"" }));
        let mixed = json!({ "Operations": [
            { "method": "PUT", "path": "/Users/1" },
            { "method": "PUT", "path": "/Users/2", "version": "W/\"0\"" },
        ]})
        .to_string();
        let create = job(json!({ "method": "POST", "path": "/Users" }));
        for (job, status, wanted) in [
            (&*open, json!("428"), true),
            (&*open, json!(428), true),
            (&*open, json!({ "code": "428" }), true),
            (&*open, json!("412"), true),
            (&*mixed, json!("412"), false),
            (&*mixed, json!("428"), true),
            (&*closed, json!("428"), false),
            (&*create, json!("428"), false),
            ("no job", json!("428"), false),
        ] {
            let answer = json!({ "Operations": [{ "status": "201" }, { "status": status }] });
            assert_eq!(lacks_version(Some(job.as_bytes()), 200, Some(&answer)), wanted, "{job} {status}");
        }
        for (job, whole, wanted) in
            [(&open, 428, true), (&open, 412, true), (&open, 400, false), (&closed, 428, false)]
        {
            assert_eq!(lacks_version(Some(job.as_bytes()), whole, None), wanted, "{job} {whole}");
        }
    }

    #[test]
    fn what_an_answer_says() {
        let answer = json!({ "Operations": [
            { "bulkId": "b", "status": "201", "location": "/v2/Users/1" },
            { "bulkId": "a", "status": "409" },
            { "status": 500 },
            { "status": "501" },
        ]});
        let said = |index, id| told(Some(&answer), index, id);
        assert_eq!(said(0, Some("b")), Told::Created("/v2/Users/1".to_owned()));
        assert_eq!(said(0, Some("a")), Told::Refused(409));
        assert_eq!(said(0, None), Told::Created("/v2/Users/1".to_owned()));
        assert!(matches!(said(2, None), Told::Nothing(_)));
        assert_eq!(said(3, None), Told::Refused(501));
        assert!(matches!(said(9, None), Told::Nothing(_)));
        assert!(matches!(told(None, 0, None), Told::Nothing(_)));
    }
}
