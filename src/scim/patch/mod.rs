//! PATCH requests (RFC 7644 §3.5.2): reading them, and applying them to a resource.

mod apply;
mod elements;
mod path;
mod target;
#[cfg(test)]
pub(crate) mod tests;

use serde_json::Value;

use super::error::{ScimError, ScimType};
use super::object::{elements, member};
use super::urn;

pub use apply::apply;
pub use path::PatchPath;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PatchOp {
    /// Adds a value (RFC 7644 §3.5.2.1).
    Add,
    /// Removes a value (§3.5.2.2).
    Remove,
    /// Replaces a value (§3.5.2.3).
    Replace,
}

impl PatchOp {
    /// The word that stands in `op`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
        }
    }

    /// Reads `op` without letter case: some clients send `Add`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Add, Self::Remove, Self::Replace].into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word))
    }
}

/// One operation. Its path is kept as text: only the resource's schemas tell what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchOperation {
    /// What it does.
    pub op: PatchOp,
    /// Where; `None` means the resource itself.
    pub path: Option<String>,
    /// With what; always there for `add` and `replace`.
    pub value: Option<Value>,
}

/// The operations of a PATCH request, at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchRequest {
    /// In the order of the request, which is the order of their effects.
    pub operations: Vec<PatchOperation>,
}

/// How strictly a PATCH request is read; the RFC demands these things of clients and leaves the answer open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PatchOptions {
    /// `schemas` need not name the `PatchOp` message.
    pub without_schemas: bool,
    /// `Operations` may be empty.
    pub empty_operations: bool,
    /// `op` must be in lower case.
    pub exact_op: bool,
}

impl PatchRequest {
    /// Reads the body of a PATCH request: `schemas` names the message, `Operations` has at least one element, `op` is
    /// read without letter case.
    ///
    /// 400 `invalidSyntax` for another structure, `invalidPath` for a path that is not a string, `invalidValue` for
    /// `add` and `replace` without `value`.
    pub fn from_value(body: &Value) -> Result<Self, ScimError> {
        Self::from_value_with(body, PatchOptions::default())
    }

    /// Like [`PatchRequest::from_value`], more or less strict.
    pub fn from_value_with(body: &Value, options: PatchOptions) -> Result<Self, ScimError> {
        let body = body.as_object().ok_or_else(|| syntax("the body is not a JSON object"))?;
        let named = member(body, "schemas").map_or(&[][..], elements);
        let is_patch = |urn: &Value| urn.as_str().is_some_and(|u| u.eq_ignore_ascii_case(urn::PATCH_OP));
        if !options.without_schemas && !named.iter().any(is_patch) {
            return Err(syntax(format!("`schemas` does not name {}", urn::PATCH_OP)));
        }
        let operations = member(body, "Operations").and_then(Value::as_array);
        let operations = operations.ok_or_else(|| syntax("`Operations` is not an array"))?;
        if operations.is_empty() && !options.empty_operations {
            return Err(syntax("`Operations` is empty"));
        }
        let operations = operations.iter().enumerate().map(|(index, value)| {
            PatchOperation::from_value(value, options).map_err(|error| at_operation(index, error))
        });
        Ok(Self { operations: operations.collect::<Result<_, _>>()? })
    }
}

impl PatchOperation {
    fn from_value(value: &Value, options: PatchOptions) -> Result<Self, ScimError> {
        let object = value.as_object().ok_or_else(|| syntax("an operation is not a JSON object"))?;
        let word = member(object, "op").and_then(Value::as_str);
        let word = word.ok_or_else(|| syntax("`op` is missing or not a string"))?;
        let op = PatchOp::from_word(word)
            .filter(|op| !options.exact_op || op.as_str() == word)
            .ok_or_else(|| syntax(format!("`op` is '{word}', not add, remove or replace")))?;
        let path = match member(object, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path.clone()),
            Some(_) => return Err(ScimError::of(ScimType::InvalidPath, "`path` is not a string")),
        };
        let value = member(object, "value").cloned();
        if value.is_none() && op != PatchOp::Remove {
            return Err(ScimError::of(ScimType::InvalidValue, format!("'{}' without `value`", op.as_str())));
        }
        Ok(Self { op, path, value })
    }
}

fn syntax(detail: impl Into<String>) -> ScimError {
    ScimError::of(ScimType::InvalidSyntax, detail)
}

/// Says in which operation an error happened, counted from one.
fn at_operation(index: usize, mut error: ScimError) -> ScimError {
    error.detail.insert_str(0, &format!("operation {}: ", index + 1));
    error
}

#[cfg(test)]
mod request_tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_requests() {
        let request = PatchRequest::from_value(&json!({
            "schemas": [urn::PATCH_OP],
            "Operations": [{ "op": "Add", "path": "title", "value": "x" }, { "op": "remove", "path": "title" }],
        }))
        .unwrap();
        assert_eq!(request.operations[0].op, PatchOp::Add);
        assert_eq!(request.operations[1].value, None);
    }

    #[test]
    fn refuses_other_structures() {
        let with = |operations: Value| json!({ "schemas": [urn::PATCH_OP], "Operations": operations });
        for (body, kind) in [
            (json!([]), ScimType::InvalidSyntax),
            (json!({ "Operations": [{ "op": "remove", "path": "title" }] }), ScimType::InvalidSyntax),
            (json!({ "schemas": [urn::PATCH_OP] }), ScimType::InvalidSyntax),
            (with(json!([])), ScimType::InvalidSyntax),
            (with(json!([1])), ScimType::InvalidSyntax),
            (with(json!([{ "path": "title" }])), ScimType::InvalidSyntax),
            (with(json!([{ "op": "move", "path": "title" }])), ScimType::InvalidSyntax),
            (with(json!([{ "op": "add", "path": 1, "value": "x" }])), ScimType::InvalidPath),
            (with(json!([{ "op": "replace", "path": "title" }])), ScimType::InvalidValue),
        ] {
            let error = PatchRequest::from_value(&body).unwrap_err();
            assert_eq!((error.status, error.scim_type), (400, Some(kind)), "{body}");
        }
    }

    #[test]
    fn options_is_a_choice() {
        let lenient = PatchOptions { without_schemas: true, empty_operations: true, exact_op: true };
        assert!(PatchRequest::from_value_with(&json!({ "Operations": [] }), lenient).is_ok());
        let upper = json!({ "Operations": [{ "op": "Remove", "path": "title" }] });
        assert!(PatchRequest::from_value_with(&upper, lenient).is_err());
    }
}
