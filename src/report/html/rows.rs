//! Long lists of the page, which the template takes row by row.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Serde, Value};
use serde::Serialize;

/// A list whose rows become values of the template one at a time, while it goes through them: the values of a whole page
/// take a multiple of what the page does.
#[derive(Debug)]
struct Rows<T>(Vec<T>);

impl<T: Serialize + fmt::Debug + Send + Sync + 'static> Object for Rows<T> {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).map(|row| Value::from(Serde(row)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

/// The rows as a list for the template.
pub(super) fn rows<T: Serialize + fmt::Debug + Send + Sync + 'static>(rows: Vec<T>) -> Value {
    Value::from_object(Rows(rows))
}
