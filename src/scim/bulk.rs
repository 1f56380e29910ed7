//! Bulk requests (RFC 7644 §3.7): reading them, and putting `bulkId` references in place of which ids stand once the
//! resources exist.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::error::{ScimError, ScimType};
use super::location::segment;
use super::object::{elements, member};
use super::urn;

/// What a reference to a resource of the same job starts with (RFC 7644 §3.7.2).
const PREFIX: &str = "bulkId:";

/// The method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BulkMethod {
    /// Creates a resource.
    Post,
    /// Replaces one.
    Put,
    /// Changes one.
    Patch,
    /// Deletes one.
    Delete,
}

impl BulkMethod {
    /// The method as HTTP has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(word))
    }
}

/// One operation of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// What it does.
    pub method: BulkMethod,
    /// The name that the client gives to the resource within the job.
    pub bulk_id: Option<String>,
    /// The version that the resource must have, as in If-Match.
    pub version: Option<String>,
    /// Relative to the base URL, as in `/Users` or `/Users/2819c223`.
    pub path: String,
    /// The body of the request.
    pub data: Option<Value>,
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many errors the service provider stops; never if not given.
    pub fail_on_errors: Option<u64>,
    /// At least one.
    pub operations: Vec<BulkOperation>,
}

impl BulkRequest {
    /// Reads a `BulkRequest` message. Members are found without letter case; null means not given.
    ///
    /// 400 `invalidSyntax` if the body is not an object, does not name the message, has no operations, or if an
    /// operation has no method that there is or no path; `invalidValue` for a `failOnErrors` that is no positive
    /// integer.
    pub fn from_value(body: &Value) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or_else(|| syntax("the body is not a JSON object"))?;
        let is_bulk = |urn: &Value| urn.as_str().is_some_and(|u| u.eq_ignore_ascii_case(urn::BULK_REQUEST));
        if !member(body, "schemas").map_or(&[][..], elements).iter().any(is_bulk) {
            return Err(syntax(format!("`schemas` does not name {}", urn::BULK_REQUEST)));
        }
        let fail_on_errors = match member(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().filter(|errors| *errors > 0).ok_or_else(|| {
                ScimError::of(ScimType::InvalidValue, "`failOnErrors` is no positive integer")
            })?),
        };
        let operations = member(body, "Operations").and_then(Value::as_array);
        let operations = operations.ok_or_else(|| syntax("`Operations` is not an array"))?;
        if operations.is_empty() {
            return Err(syntax("`Operations` is empty"));
        }
        let operations = operations.iter().enumerate().map(|(index, operation)| {
            BulkOperation::from_value(operation)
                .map_err(|detail| syntax(format!("operation {}: {detail}", index + 1)))
        });
        let operations = operations.collect::<Result<Vec<BulkOperation>, _>>()?;
        // A reference to a bulkId that two creates have would mean either of them (RFC 7644 §3.7).
        let mut names = std::collections::HashSet::new();
        let creates = operations.iter().filter(|operation| operation.method == BulkMethod::Post);
        if let Some(twice) =
            creates.filter_map(|create| create.bulk_id.as_deref()).find(|name| !names.insert(*name))
        {
            return Err(syntax(format!("two operations have the bulkId `{twice}`")));
        }
        Ok(Self { fail_on_errors, operations })
    }
}

impl BulkOperation {
    fn from_value(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or("it is not a JSON object")?;
        let text = |name: &str| match member(object, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("`{name}` is not a string")),
        };
        let method = text("method")?.ok_or("`method` is missing")?;
        let method = BulkMethod::from_word(&method)
            .ok_or_else(|| format!("`method` is '{method}', not POST, PUT, PATCH or DELETE"))?;
        Ok(Self {
            method,
            bulk_id: text("bulkId")?,
            version: text("version")?.filter(|version| !version.is_empty()),
            path: text("path")?.ok_or("`path` is missing")?,
            data: member(object, "data").filter(|data| !data.is_null()).cloned(),
        })
    }

    /// The names of all resources that the operation refers to, in path and data.
    #[must_use]
    pub fn references(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut note = |name: &str| {
            found.insert(name.to_owned());
            None::<String>
        };
        let _ = replaced("$ref", &self.path, &mut note);
        if let Some(data) = &self.data {
            visit("", data, &mut note);
        }
        found
    }
}

/// One operation in the order of processing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkStep {
    /// Which operation of the job, counted from zero.
    pub index: usize,
    /// What it refers to, and cannot be there yet: references in a circle.
    pub postponed: BTreeSet<String>,
}

/// The order in which the operations are processed: that of the job, but what an operation refers to is created before
/// it (RFC 7644 §3.7.1). In a circle one resource has to go first: its references come later.
#[must_use]
pub fn order(operations: &[BulkOperation]) -> Vec<BulkStep> {
    let mut creators: HashMap<&str, usize> = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        if let (BulkMethod::Post, Some(name)) = (operation.method, &operation.bulk_id) {
            creators.entry(name).or_insert(index);
        }
    }
    let mut begun = vec![false; operations.len()];
    let mut ended = begun.clone();
    let mut steps = Vec::with_capacity(operations.len());
    // No recursion: a job may be a chain as long as the limit of operations.
    let mut stack: Vec<(BulkStep, Vec<String>)> = Vec::new();
    for start in 0..operations.len() {
        if begun[start] {
            continue;
        }
        let enter = |index: usize| {
            let step = BulkStep { index, postponed: BTreeSet::new() };
            (step, operations[index].references().into_iter().rev().collect::<Vec<_>>())
        };
        begun[start] = true;
        stack.push(enter(start));
        while let Some((step, open)) = stack.last_mut() {
            let Some(name) = open.pop() else {
                ended[step.index] = true;
                steps.extend(stack.pop().map(|(step, _)| step));
                continue;
            };
            match creators.get(name.as_str()) {
                Some(creator) if !begun[*creator] => {
                    begun[*creator] = true;
                    stack.push(enter(*creator));
                }
                Some(creator) if !ended[*creator] => {
                    step.postponed.insert(name);
                }
                _ => {}
            }
        }
    }
    steps
}

/// Puts the id of each resource in place of the references to it.
///
/// The name of a reference for which there is no id; then the value is in no defined state.
pub fn resolve(value: &mut Value, ids: &BTreeMap<String, String>) -> Result<(), String> {
    resolve_at("", value, ids)
}

fn resolve_at(key: &str, value: &mut Value, ids: &BTreeMap<String, String>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            *text = resolve_text(key, text, ids)?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| resolve_at(key, item, ids)),
        Value::Object(map) => map.iter_mut().try_for_each(|(key, value)| resolve_at(key, value, ids)),
        _ => Ok(()),
    }
}

/// The same for the `path` of an operation.
pub fn resolve_path(path: &str, ids: &BTreeMap<String, String>) -> Result<String, String> {
    resolve_text("$ref", path, ids)
}

fn resolve_text(key: &str, text: &str, ids: &BTreeMap<String, String>) -> Result<String, String> {
    let mut unknown = None;
    let resolved = replaced(key, text, &mut |name| {
        // In a URL it is a segment.
        let id = ids.get(name).map(|id| if key == "$ref" { segment(id) } else { id.clone() });
        if id.is_none() {
            unknown = Some(name.to_owned());
        }
        id
    });
    unknown.map_or(Ok(resolved), Err)
}

/// Takes away what refers to one of these resources: the values of multi-valued attributes, complex attributes, or
/// the attribute itself.
pub fn strip(data: &mut Value, names: &BTreeSet<String>) {
    let Some(map) = data.as_object_mut() else { return };
    let keys: Vec<String> = map.keys().cloned().collect();
    for key in keys {
        if map.get_mut(&key).is_some_and(|value| !keep(&key, value, names)) {
            map.shift_remove(&key);
        }
    }
}

/// Strips a value; whether something of it stays.
fn keep(key: &str, value: &mut Value, names: &BTreeSet<String>) -> bool {
    match value {
        Value::String(text) => !refers(key, text, names),
        Value::Array(items) => {
            items.retain_mut(|item| keep(key, item, names));
            true
        }
        Value::Object(map) => {
            let refers_itself = |map: &Map<String, Value>| {
                map.iter().any(|(key, value)| value.as_str().is_some_and(|text| refers(key, text, names)))
            };
            if refers_itself(map) {
                return false;
            }
            strip(value, names);
            true
        }
        _ => true,
    }
}

fn refers(key: &str, text: &str, names: &BTreeSet<String>) -> bool {
    let mut found = false;
    let _ = replaced(key, text, &mut |name| {
        found |= names.contains(name);
        None
    });
    found
}

fn visit(key: &str, value: &Value, note: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            let _ = replaced(key, text, note);
        }
        Value::Array(items) => items.iter().for_each(|item| visit(key, item, note)),
        Value::Object(map) => map.iter().for_each(|(key, value)| visit(key, value, note)),
        _ => {}
    }
}

/// The text with its references replaced by what `id` gives for them. A reference is the whole text; a segment of a
/// URL in `$ref`; or a string between quotes in the `path` of a PATCH operation.
fn replaced(key: &str, text: &str, id: &mut impl FnMut(&str) -> Option<String>) -> String {
    if let Some(name) = text.strip_prefix(PREFIX) {
        return id(name).unwrap_or_else(|| text.to_owned());
    }
    let separator = match key {
        "$ref" => '/',
        "path" => '"',
        _ => return text.to_owned(),
    };
    let parts = text.split(separator).map(|part| match part.strip_prefix(PREFIX) {
        Some(name) => id(name).unwrap_or_else(|| part.to_owned()),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(&separator.to_string())
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::of(ScimType::InvalidSyntax, detail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::patch::tests::any_json;

    fn job(operations: &Value) -> Vec<BulkOperation> {
        let body = json!({ "schemas": [urn::BULK_REQUEST], "Operations": operations });
        BulkRequest::from_value(&body).unwrap().operations
    }

    fn create(name: &str, members: &[&str]) -> Value {
        let members: Vec<Value> = members.iter().map(|m| json!({ "value": format!("bulkId:{m}") })).collect();
        json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": { "members": members } })
    }

    #[test]
    fn reads_jobs() {
        let body = json!({
            "SCHEMAS": [urn::BULK_REQUEST], "failOnErrors": 1,
            "Operations": [{ "method": "delete", "path": "/Users/1", "version": "W/\"1\"", "data": null, "bulkId": null }],
        });
        let request = BulkRequest::from_value(&body).unwrap();
        assert_eq!(request.fail_on_errors, Some(1));
        assert_eq!(
            request.operations,
            [BulkOperation {
                method: BulkMethod::Delete,
                bulk_id: None,
                version: Some("W/\"1\"".to_owned()),
                path: "/Users/1".to_owned(),
                data: None,
            }]
        );
    }

    #[test]
    fn refuses_other_structures() {
        use ScimType::{InvalidSyntax, InvalidValue};
        let with = |operations: Value| json!({ "schemas": [urn::BULK_REQUEST], "Operations": operations });
        let fine = json!([{ "method": "DELETE", "path": "/Users/1" }]);
        for (body, kind) in [
            (json!([]), InvalidSyntax),
            (json!({ "Operations": fine }), InvalidSyntax),
            (json!({ "schemas": [urn::PATCH_OP], "Operations": fine }), InvalidSyntax),
            (json!({ "schemas": [urn::BULK_REQUEST] }), InvalidSyntax),
            (with(json!([])), InvalidSyntax),
            (with(json!({})), InvalidSyntax),
            (with(json!([1])), InvalidSyntax),
            (with(json!([{ "path": "/Users/1" }])), InvalidSyntax),
            (with(json!([{ "method": "GET", "path": "/Users/1" }])), InvalidSyntax),
            (with(json!([{ "method": "DELETE" }])), InvalidSyntax),
            (with(json!([{ "method": "DELETE", "path": 1 }])), InvalidSyntax),
            (json!({ "schemas": [urn::BULK_REQUEST], "failOnErrors": 0, "Operations": fine }), InvalidValue),
            (
                json!({ "schemas": [urn::BULK_REQUEST], "failOnErrors": "1", "Operations": fine }),
                InvalidValue,
            ),
        ] {
            let error = BulkRequest::from_value(&body).unwrap_err();
            assert_eq!((error.status, error.scim_type), (400, Some(kind)), "{body}");
        }
    }

    #[test]
    fn what_is_referred_to_goes_first() {
        let order_of = |operations: Value| {
            let steps = order(&job(&operations)).into_iter();
            steps
                .map(|step| (step.index, step.postponed.into_iter().collect::<Vec<_>>().join(",")))
                .collect::<Vec<_>>()
        };
        let plain = |index: usize| (index, String::new());
        assert_eq!(order_of(json!([create("a", &[]), create("b", &["a", "unknown"])])), [plain(0), plain(1)]);
        assert_eq!(
            order_of(json!([create("a", &["c"]), create("b", &["a"]), create("c", &[])])),
            [plain(2), plain(0), plain(1)]
        );
        assert_eq!(
            order_of(json!([create("a", &["b"]), create("b", &["a"])])),
            [(1, "a".to_owned()), plain(0)]
        );
        assert_eq!(order_of(json!([create("a", &["a"])])), [(0, "a".to_owned())]);
        let patch = json!({
            "method": "PATCH", "path": "/Groups/bulkId:a",
            "data": { "Operations": [{ "op": "remove", "path": "members[value eq \"bulkId:b\"]" }] },
        });
        assert_eq!(
            order_of(json!([patch, create("a", &[]), create("b", &[])])),
            [plain(1), plain(2), plain(0)]
        );
    }

    #[test]
    fn a_chain_as_long_as_a_job() {
        let chain: Vec<Value> = (0..5000)
            .map(|index| create(&index.to_string(), &[(index + 1).to_string().as_str()]))
            .chain([create("5000", &[])])
            .collect();
        let steps = order(&job(&chain.into()));
        assert_eq!(steps.first().map(|step| step.index), Some(5000));
        assert_eq!(steps.len(), 5001);
    }

    #[test]
    fn references_become_ids() {
        let ids = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        let mut data = json!({
            "displayName": "say \"bulkId:a\"", "manager": "bulkId:a",
            "members": [{ "value": "bulkId:b", "$ref": "../Users/bulkId:b" }],
            "Operations": [{ "path": "members[value eq \"bulkId:a\" or value eq \"bulkId:b\"].display" }],
        });
        resolve(&mut data, &ids).unwrap();
        assert_eq!(
            data,
            json!({
                "displayName": "say \"bulkId:a\"", "manager": "1", "members": [{ "value": "2", "$ref": "../Users/2" }],
                "Operations": [{ "path": "members[value eq \"1\" or value eq \"2\"].display" }],
            })
        );
        assert_eq!(resolve(&mut json!({ "x": ["bulkId:c"] }), &ids), Err("c".to_owned()));
        assert_eq!(resolve_path("/Groups/bulkId:a", &ids).as_deref(), Ok("/Groups/1"));
        assert_eq!(resolve_path("/Groups/bulkId:c", &ids), Err("c".to_owned()));
    }

    #[test]
    fn what_cannot_be_there_yet_is_taken_away() {
        let names = BTreeSet::from(["a".to_owned()]);
        let mut data = json!({
            "displayName": "x", "externalId": "bulkId:a",
            "members": [{ "value": "bulkId:a", "display": "x" }, { "value": "bulkId:b" }],
            "urn:x": { "manager": { "value": "bulkId:a" }, "department": "d" },
        });
        strip(&mut data, &names);
        assert_eq!(
            data,
            json!({ "displayName": "x", "members": [{ "value": "bulkId:b" }], "urn:x": { "department": "d" } })
        );
    }

    proptest! {
        #[test]
        fn no_json_panics(body in any_json(), text in ".{0,20}") {
            let body = json!({ "schemas": [urn::BULK_REQUEST], "Operations": [
                { "method": "POST", "path": text, "bulkId": "a", "data": body }, body,
            ] });
            let _ = BulkRequest::from_value(&body);
            let operation = &body["Operations"][0];
            let _ = order(&job(&json!([operation])));
            strip(&mut operation.clone(), &BTreeSet::from(["a".to_owned()]));
            let _ = resolve(&mut operation.clone(), &BTreeMap::new());
        }
    }
}
