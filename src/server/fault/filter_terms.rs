//! What faults do to filters.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::scim::attribute_path::AttributePath;
use crate::scim::builtin;
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator, matches};
use crate::scim::resource_type::{ResourceSchemas, common_attributes};
use crate::scim::schema::Attribute;
use crate::scim::search::SearchRequest;
use crate::scim::urn;
use crate::server::edit::{any_term, each_term, paths, refusal};
use crate::server::kind::Kind;
use crate::server::reply::Refusal;
use crate::server::service::Call;
use crate::server::store::Resource;

/// The schemas of users and groups.
pub(super) type Schemas = OnceLock<[ResourceSchemas; 2]>;

/// The schemas of a resource type with a change to every attribute. They are made once.
pub(super) fn altered(
    schemas: &'static Schemas,
    kind: Kind,
    change: fn(&mut Attribute),
) -> &'static ResourceSchemas {
    fn all(attributes: &mut [Attribute], change: fn(&mut Attribute)) {
        for attribute in attributes {
            change(attribute);
            all(&mut attribute.sub_attributes, change);
        }
    }
    let [user, group] = schemas.get_or_init(|| {
        [builtin::user(), builtin::group()].map(|mut schemas| {
            let core = Arc::make_mut(&mut schemas.core);
            // Where the schema has the common attributes, they are as it says.
            core.attributes.extend(common_attributes().iter().cloned());
            all(&mut core.attributes, change);
            for (extension, _) in &mut schemas.extensions {
                all(&mut Arc::make_mut(extension).attributes, change);
            }
            schemas
        })
    });
    if kind == Kind::User { user } else { group }
}

/// Whether a filter holds, if its terms do so.
pub(super) fn combine(filter: &Filter, holds: &dyn Fn(&Filter) -> bool) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(|term| combine(term, holds)),
        Filter::Or(terms) => terms.iter().any(|term| combine(term, holds)),
        Filter::Not(term) => !combine(term, holds),
        term => holds(term),
    }
}

/// Whether a resource fits a filter, where terms go by other schemas than the published ones.
pub(super) fn evaluate(
    call: Call<'_>,
    filter: &Filter,
    resource: &Resource,
    schemas_of: &dyn Fn(&Filter) -> Option<&'static ResourceSchemas>,
) -> bool {
    let mut value = Cow::Borrowed(&resource.value);
    if !call.is_local() {
        call.localise(value.to_mut());
    }
    combine(filter, &|term| {
        matches(term, &value, schemas_of(term).unwrap_or_else(|| call.schemas(resource.kind)))
    })
}

/// Whether a text fits the pattern of a comparison as SQL reads it: `%` and `*` are any text, `_` is any letter.
pub(super) fn is_like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%' | '*', rest @ ..] => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
        ['_', rest @ ..] => text.split_first().is_some_and(|(_, text)| is_like(text, rest)),
        [letter, rest @ ..] => {
            text.split_first().is_some_and(|(first, text)| first == letter && is_like(text, rest))
        }
    }
}

/// A term that nothing fits.
pub(super) fn nothing() -> Filter {
    Filter::Present(AttributePath::attribute("nothing"))
}

/// Whether a path is that of an attribute, or of one of its sub-attributes.
pub(super) fn is(path: &AttributePath, name: &str) -> bool {
    path.name.eq_ignore_ascii_case(name)
}

/// Whether a filter is about an attribute.
pub(super) fn names(filter: &Filter, name: &str) -> bool {
    paths(filter).into_iter().any(|path| is(path, name))
}

/// Whether a filter is about any other attribute than these.
pub(super) fn names_other(filter: &Filter, supported: &[&str]) -> bool {
    paths(filter).into_iter().any(|path| !supported.iter().any(|name| is(path, name)))
}

/// Refuses filters on some attributes.
pub(super) fn refuse(search: &SearchRequest, is_refused: fn(&AttributePath) -> bool) -> Result<(), Refusal> {
    let all = search.filter.as_ref().map(paths).unwrap_or_default();
    match all.into_iter().find(|path| is_refused(path)) {
        Some(path) => Err(refusal(ScimType::InvalidFilter, format!("`{path}` cannot be searched for"))),
        None => Ok(()),
    }
}

/// Refuses filters with some values.
pub(super) fn refuse_value(search: &SearchRequest, is_refused: &dyn Fn(&str) -> bool) -> Result<(), Refusal> {
    let refused = |term: &Filter| match term {
        Filter::Compare { value: Literal::String(text), .. } => is_refused(text),
        _ => false,
    };
    match &search.filter {
        Some(filter) if any_term(filter, &refused) => {
            Err(refusal(ScimType::InvalidFilter, "unexpected word in the filter"))
        }
        _ => Ok(()),
    }
}

/// Puts other values into the comparisons of a filter.
pub(super) fn each_literal(search: &mut SearchRequest, other: fn(&Literal) -> Option<Literal>) {
    search.filter.iter_mut().for_each(|filter| {
        each_term(filter, &|term| {
            if let Filter::Compare { value, .. } = term
                && let Some(other) = other(value)
            {
                *value = other;
            }
        });
    });
}

/// Lets a `not` in front of an `and` reach to its end.
pub(super) fn widen_not(filter: &mut Filter) {
    match filter {
        Filter::Or(terms) => terms.iter_mut().for_each(widen_not),
        Filter::And(terms) => {
            terms.iter_mut().for_each(widen_not);
            if let Some(Filter::Not(first)) = terms.first() {
                let first = (**first).clone();
                let rest = terms.drain(1..);
                *filter = Filter::Not(Box::new(Filter::And(std::iter::once(first).chain(rest).collect())));
            }
        }
        _ => {}
    }
}

/// Takes the name of a user for that of the manager.
pub(super) fn mistake_the_manager(term: &mut Filter) {
    if let Filter::Compare { path, .. } | Filter::Present(path) = term
        && path.sub.is_none()
        && is(path, "displayName")
    {
        let sub = Some(std::mem::take(&mut path.name));
        *path = AttributePath { urn: Some(urn::ENTERPRISE_USER.to_owned()), name: "manager".to_owned(), sub };
    }
}

/// The words of a filter: what stands between spaces, and strings as a whole.
pub(super) fn words(filter: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let ends = |letter: char| {
        quoted ^= letter == '"' && !escaped;
        escaped = letter == '\\' && quoted && !escaped;
        letter == ' ' && !quoted
    };
    filter.split(ends).collect()
}

/// Whether a word of a filter is one of its grammar.
pub(super) fn is_operator(word: &str) -> bool {
    Operator::from_word(word).is_some()
        || ["pr", "and", "or", "not"].iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a word of a filter is a value.
pub(super) fn is_literal(word: &str) -> bool {
    word.starts_with('"') || ["true", "false", "null"].contains(&word) || word.parse::<f64>().is_ok()
}
