//! By what a resource is known as the run's own: the names in it.

use serde_json::Value;

/// Whether a top-level text of a resource contains the run's token. Deeper texts do not count: a group "all users" of
/// the target's own shows the names of our users in its members. Letter case is ignored because servers may alter it
/// (RFC 7643 §4.1.1).
pub(crate) fn carries(resource: &Value, token: &str) -> bool {
    let token = token.to_ascii_lowercase();
    let texts = resource.as_object().into_iter().flat_map(|object| object.values()).filter_map(Value::as_str);
    texts.map(str::to_ascii_lowercase).any(|text| text.contains(&token))
}

/// Attributes that targets can look resources up by, the best first.
const NAMING: [&str; 3] = ["userName", "displayName", "externalId"];

/// An attribute of a body that names the resource: a top-level text with the name of the case. A body that is no object,
/// sent to see it refused, names it all the same; for a bare text nobody knows which attribute it would become, and the
/// name is empty.
pub(crate) fn identifier(body: &Value, token: &str) -> Option<(String, String)> {
    let object = match body {
        Value::Object(object) => object,
        Value::Array(items) => return items.iter().find_map(|item| identifier(item, token)),
        text => {
            return text
                .as_str()
                .filter(|text| text.contains(token))
                .map(|text| (String::new(), text.to_owned()));
        }
    };
    let named = object.iter().filter_map(|(name, value)| {
        let text =
            value.as_str().filter(|text| text.contains(token) && !name.eq_ignore_ascii_case("password"))?;
        Some((name.clone(), text.to_owned()))
    });
    let rank = |name: &str| NAMING.iter().position(|naming| naming.eq_ignore_ascii_case(name));
    named.min_by_key(|(name, _)| rank(name).unwrap_or(NAMING.len()))
}
