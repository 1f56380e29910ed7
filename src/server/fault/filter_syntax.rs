//! How filters are read, and which are refused.

use std::borrow::Cow;

use serde_json::Value;

use super::filter_terms::{is, is_literal, is_operator, names, names_other, refuse, refuse_value, words};
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Operator};
use crate::server::edit::{
    any_term, is_search, parameter, refusal, request_body, retype, rewrite_filter, scim_type,
};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "filter-malformed-ignored",
        &[
            Hook::Parameter(|name, value| name != "filter" || Filter::parse(value).is_ok()),
            Hook::Received(|request| {
                if is_search(request) {
                    request_body(request, |body| {
                        let filter = body.get("filter").and_then(Value::as_str);
                        if filter.is_some_and(|filter| Filter::parse(filter).is_err()) {
                            remove(body, "filter");
                        }
                    });
                }
            }),
        ],
    ),
    fault(
        "filter-claimed-but-missing",
        &[Hook::Search(|_, _, search| match search.filter {
            Some(_) => Err(Refusal::new(501, "Filtering is not supported")),
            None => Ok(()),
        })],
    ),
    fault(
        "filter-error-with-other-scimtype",
        &[Hook::Reply(|_, _, reply| {
            if scim_type(reply) == Some(ScimType::InvalidFilter) {
                retype(reply, ScimType::InvalidValue);
            }
        })],
    ),
    fault(
        "filter-externalid-400",
        &[Hook::Search(|_, _, search| refuse(search, |path| is(path, "externalId")))],
    ),
    fault(
        "filter-schemas-attribute-400",
        &[Hook::Search(|_, _, search| refuse(search, |path| is(path, "schemas")))],
    ),
    fault(
        "filter-dollar-ref-rejected",
        &[Hook::Search(|_, _, search| refuse(search, |path| path.sub.as_deref() == Some("$ref")))],
    ),
    fault(
        "filter-meta-attribute-500",
        &[Hook::Search(|_, _, search| match &search.filter {
            Some(filter) if names(filter, "meta") => Err(Refusal::new(500, "no column for meta")),
            _ => Ok(()),
        })],
    ),
    fault(
        "filter-unsupported-attribute-500",
        &[Hook::Search(|_, _, search| match &search.filter {
            Some(filter) if names_other(filter, &SUPPORTED) => Err(Refusal::new(500, "no such column")),
            _ => Ok(()),
        })],
    ),
    fault(
        "filter-unsupported-attribute-returns-everything",
        &[Hook::Search(|_, _, search| {
            search.filter.take_if(|filter| names_other(filter, &SUPPORTED));
            Ok(())
        })],
    ),
    fault(
        "filter-keyword-inside-value",
        &[Hook::Search(|_, _, search| {
            let keyword =
                |word: &str| ["and", "or", "not"].iter().any(|known| known.eq_ignore_ascii_case(word));
            refuse_value(search, &|value| value.split_whitespace().any(keyword))
        })],
    ),
    fault(
        "filter-percent-in-value",
        &[Hook::Search(|_, _, search| {
            refuse_value(search, &|value| value.contains('%'))
                .map_err(|_| Refusal::new(500, "malformed URI sequence"))
        })],
    ),
    fault(
        "filter-operators-missing",
        &[Hook::Search(|_, _, search| {
            let missing = |term: &Filter| match term {
                Filter::Present(_) => true,
                Filter::Compare { operator, .. } => !matches!(operator, Operator::Eq | Operator::Sw),
                _ => false,
            };
            match &search.filter {
                Some(filter) if any_term(filter, &missing) => {
                    Err(refusal(ScimType::InvalidFilter, "only eq and sw are supported"))
                }
                _ => Ok(()),
            }
        })],
    ),
    fault(
        "filter-invalid-operator-accepted",
        &[Hook::Received(|request| {
            rewrite_filter(request, |filter| {
                let mut words = words(filter);
                // `name word "value"` is taken for a comparison, whatever the word.
                for index in 1..words.len().saturating_sub(1) {
                    let between = !is_literal(words[index - 1]) && is_literal(words[index + 1]);
                    if between && !is_literal(words[index]) && !is_operator(words[index]) {
                        words[index] = "eq";
                    }
                }
                words.join(" ")
            });
        })],
    ),
    fault(
        "filter-two-level-subattributes-accepted",
        &[Hook::Received(|request| {
            rewrite_filter(request, |filter| {
                let two_levels = |word| match str::match_indices(word, '.').nth(1) {
                    Some((end, _)) if !is_literal(word) && !word.contains(':') => &word[..end],
                    _ => word,
                };
                words(filter).into_iter().map(two_levels).collect::<Vec<_>>().join(" ")
            });
        })],
    ),
    fault(
        "filter-unquoted-string-accepted",
        &[Hook::Received(|request| {
            rewrite_filter(request, |filter| {
                let words = words(filter);
                let compared = |index: usize| index > 0 && Operator::from_word(words[index - 1]).is_some();
                let quoted = words.iter().enumerate().map(|(index, word)| {
                    let plain =
                        !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "@._+-".contains(c));
                    let bare = plain && compared(index) && !is_literal(word);
                    if bare { format!("\"{word}\"").into() } else { Cow::Borrowed(*word) }
                });
                quoted.collect::<Vec<_>>().join(" ")
            });
        })],
    ),
    fault(
        "filter-uppercase-and-drops-second-clause",
        &[Hook::Received(|request| {
            rewrite_filter(request, |filter| {
                words(filter).into_iter().take_while(|word| *word != "AND").collect::<Vec<_>>().join(" ")
            });
        })],
    ),
    fault(
        "filter-single-parenthesised-term-fails",
        &[Hook::Admitted(|call, _| {
            let filter = parameter(call.request, "filter")?;
            let grouped = filter.starts_with('(') && filter.ends_with(')');
            grouped.then(|| refusal(ScimType::InvalidFilter, "expected an attribute").into_reply())
        })],
    ),
    fault(
        "filter-pr-substring-rejection",
        &[Hook::Admitted(|call, _| {
            let filter = parameter(call.request, "filter")?;
            let mistaken = words(&filter).into_iter().skip(1).any(begins_like_pr);
            let error = refusal(ScimType::InvalidFilter, "pr takes no value");
            mistaken.then(|| error.into_reply())
        })],
    ),
    fault(
        "filter-valuepath-dot-subattr-rejected",
        &[Hook::Admitted(|call, _| {
            let filter = parameter(call.request, "filter")?;
            filter.contains("].").then(|| Refusal::new(500, "index out of bounds").into_reply())
        })],
    ),
];

/// Attributes that a server with a column for few of them can search for.
const SUPPORTED: [&str; 4] = ["id", "userName", "displayName", "active"];

fn begins_like_pr(word: &str) -> bool {
    word.strip_prefix("pr").is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric()))
}
