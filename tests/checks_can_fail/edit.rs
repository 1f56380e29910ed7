//! One change of one answer.

use scimcheck::model::{Answer, Body, Completeness, Failure, FailureKind, Response};
use serde_json::Value;

/// What is changed in a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Edit {
    /// Another status code.
    Status(u16),
    /// Another body.
    Body(Vec<u8>),
    /// Another value at a JSON Pointer, or none. What stands around the value has to be there.
    Set(String, Option<Value>),
    /// Another name for the member at a JSON Pointer.
    Rename(String, String),
    /// Another value of a header, or none.
    Header(String, Option<String>),
    /// No answer at all: the connection is closed.
    Closed,
}

impl Edit {
    /// Another JSON body.
    pub(crate) fn json(value: &Value) -> Self {
        Self::Body(value.to_string().into_bytes())
    }
}

/// A case is judged with this change of its answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// What kind of change, for the statistics.
    pub(crate) kind: &'static str,
    /// The edits, in order, each with the place of the exchange in the case, from 0. None: the answers stay as they
    /// are.
    pub(crate) edits: Vec<(usize, Edit)>,
    /// The check that this is meant for; it is left out once that check has failed.
    pub(crate) aim: Option<String>,
}

impl Change {
    /// No change.
    pub(crate) fn none() -> Self {
        Self { kind: "nothing", edits: Vec::new(), aim: None }
    }

    /// The edits of one exchange.
    pub(crate) fn of(&self, exchange: usize) -> Vec<Edit> {
        self.edits.iter().filter(|(place, _)| *place == exchange).map(|(_, edit)| edit.clone()).collect()
    }
}

/// An answer after a change.
pub(crate) fn apply(answer: &Answer, edits: &[Edit]) -> Answer {
    let Answer::Response(response) = answer else { return answer.clone() };
    let mut response = response.clone();
    for edit in edits {
        if *edit == Edit::Closed {
            return Answer::Failed(Failure { kind: FailureKind::Closed, message: "closed".to_owned() });
        }
        edit_response(&mut response, edit);
    }
    Answer::Response(response)
}

fn edit_response(response: &mut Response, edit: &Edit) {
    match edit {
        Edit::Status(status) => response.status = *status,
        Edit::Body(bytes) => response.body = Body::new(bytes.clone(), Completeness::Complete),
        Edit::Set(..) | Edit::Rename(..) => {
            let Some(mut body) = response.body.json().cloned() else { return };
            match edit {
                Edit::Set(pointer, value) => set(&mut body, pointer, value.as_ref()),
                Edit::Rename(pointer, name) => rename(&mut body, pointer, name),
                _ => {}
            }
            response.body = Body::new(body.to_string().into_bytes(), Completeness::Complete);
        }
        Edit::Header(name, value) => {
            response.headers.retain(|(existing, _)| existing != name);
            response.headers.extend(value.clone().map(|value| (name.clone(), value)));
        }
        Edit::Closed => {}
    }
}

fn set(body: &mut Value, pointer: &str, value: Option<&Value>) {
    let Some((parent, last)) = split(pointer) else {
        *body = value.cloned().unwrap_or(Value::Null);
        return;
    };
    match (body.pointer_mut(parent), value) {
        (Some(Value::Object(object)), Some(value)) => {
            object.insert(last, value.clone());
        }
        (Some(Value::Object(object)), None) => {
            object.shift_remove(&last);
        }
        (Some(Value::Array(items)), value) => {
            let Ok(index) = last.parse::<usize>() else { return };
            match (items.get_mut(index), value) {
                (Some(item), Some(value)) => *item = value.clone(),
                (Some(_), None) => {
                    items.remove(index);
                }
                (None, _) => items.extend(value.cloned()),
            }
        }
        _ => {}
    }
}

fn rename(body: &mut Value, pointer: &str, name: &str) {
    let Some((parent, last)) = split(pointer) else { return };
    if let Some(Value::Object(object)) = body.pointer_mut(parent)
        && let Some(value) = object.shift_remove(&last)
    {
        object.insert(name.to_owned(), value);
    }
}

/// A JSON Pointer without its last token, and that token; `None` for the whole document.
pub(crate) fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, last) = pointer.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// A JSON Pointer to a member.
pub(crate) fn join(pointer: &str, member: &str) -> String {
    format!("{pointer}/{}", member.replace('~', "~0").replace('/', "~1"))
}
