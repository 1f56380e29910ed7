//! Filters.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::Value;

use super::filter_terms::{
    Schemas, altered, combine, each_literal, evaluate, is, is_like, is_literal, is_operator,
    mistake_the_manager, names, names_other, nothing, refuse, refuse_value, widen_not, words,
};
use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::schema::AttributeType;
use crate::server::edit::{
    any_term, demand_a_value, each_term, is_search, parameter, paths, refusal, request_body, retype,
    rewrite_filter, scim_type,
};
use crate::server::hook::Hook;
use crate::server::kind::Kind;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "filter-boolean-string",
        &[Hook::Search(|_, _, search| {
            each_literal(search, |literal| {
                matches!(literal, Literal::Bool(_)).then(|| Literal::String(String::new()))
            });
            Ok(())
        })],
    ),
    fault(
        "filter-caseexact-false-compared-case-sensitively",
        &[Hook::Matches(|call, filter, resource, _| {
            static EXACT: Schemas = OnceLock::new();
            evaluate(call, filter, resource, &|_| {
                Some(altered(&EXACT, resource.kind, |attribute| attribute.case_exact = true))
            })
        })],
    ),
    fault(
        "filter-caseexact-true-compared-insensitively",
        &[Hook::Matches(|call, filter, resource, _| {
            static FOLDED: Schemas = OnceLock::new();
            evaluate(call, filter, resource, &|_| {
                Some(altered(&FOLDED, resource.kind, |attribute| attribute.case_exact = false))
            })
        })],
    ),
    fault(
        "filter-sw-co-ew-case-sensitive-only",
        &[Hook::Matches(|call, filter, resource, _| {
            static EXACT: Schemas = OnceLock::new();
            evaluate(call, filter, resource, &|term| match term {
                Filter::Compare { operator: Operator::Co | Operator::Sw | Operator::Ew, .. } => {
                    Some(altered(&EXACT, resource.kind, |attribute| attribute.case_exact = true))
                }
                _ => None,
            })
        })],
    ),
    fault(
        "filter-sql-wildcards",
        &[Hook::Matches(|call, filter, resource, _| {
            combine(filter, &|term| match like(term) {
                Some((path, pattern)) => {
                    let found = path.get(&resource.value, Some(call.schemas(resource.kind)));
                    found.into_iter().filter_map(Value::as_str).any(|text| is_like(&letters(text), &pattern))
                }
                None => evaluate(call, term, resource, &|_| None),
            })
        })],
    ),
    fault(
        "filter-sw-ew-anywhere",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(|filter| {
                each_comparison(filter, |operator| {
                    if matches!(operator, Operator::Sw | Operator::Ew) {
                        *operator = Operator::Co;
                    }
                });
            });
            Ok(())
        })],
    ),
    fault(
        "filter-malformed-ignored",
        &[
            Hook::Parameter(|name, value| name != "filter" || Filter::parse(value).is_ok()),
            Hook::Received(|request| {
                if is_search(request) {
                    request_body(request, |body| {
                        let filter = body.get("filter").and_then(Value::as_str);
                        if filter.is_some_and(|filter| Filter::parse(filter).is_err()) {
                            body.as_object_mut().and_then(|body| body.shift_remove("filter"));
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
        "filter-dates-compared-as-strings",
        &[Hook::Matches(|call, filter, resource, _| {
            static TEXT: Schemas = OnceLock::new();
            evaluate(call, filter, resource, &|_| {
                Some(altered(&TEXT, resource.kind, |attribute| {
                    if attribute.attribute_type == AttributeType::DateTime {
                        attribute.attribute_type = AttributeType::String;
                    }
                }))
            })
        })],
    ),
    fault(
        "filter-emails-value-empty",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(|filter| {
                each_term(filter, &|term| {
                    if names(term, "emails") {
                        *term = nothing();
                    }
                });
            });
            Ok(())
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
        "filter-apostrophe-truncates",
        &[Hook::Search(|_, _, search| {
            each_literal(search, |literal| match literal {
                Literal::String(text) => {
                    text.split_once('\'').map(|(start, _)| Literal::String(start.to_owned()))
                }
                _ => None,
            });
            Ok(())
        })],
    ),
    fault(
        "filter-trims-or-folds-value",
        &[Hook::Search(|_, _, search| {
            each_literal(search, |literal| match literal {
                Literal::String(text) => Some(Literal::String(text.trim().to_owned())),
                _ => None,
            });
            Ok(())
        })],
    ),
    fault(
        "filter-numeric-looking-string",
        &[Hook::Search(|_, _, search| {
            each_literal(search, |literal| match literal {
                Literal::String(text) => {
                    text.parse::<u32>().ok().map(|number| Literal::Number(number.into()))
                }
                _ => None,
            });
            Ok(())
        })],
    ),
    fault(
        "filter-operators-missing",
        &[Hook::Search(|_, _, search| {
            let missing = |term: &Filter| match term {
                Filter::Present(_) => true,
                Filter::Compare { operator, .. } => {
                    !matches!(operator, Operator::Eq | Operator::Co | Operator::Sw)
                }
                _ => false,
            };
            match &search.filter {
                Some(filter) if any_term(filter, &missing) => {
                    Err(refusal(ScimType::InvalidFilter, "only eq, co and sw are supported"))
                }
                _ => Ok(()),
            }
        })],
    ),
    fault(
        "filter-leading-not-misparsed",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(widen_not);
            Ok(())
        })],
    ),
    fault(
        "filter-same-attribute-and-fails",
        &[Hook::Matches(|_, filter, _, fits| {
            let twice = |term: &Filter| match term {
                Filter::And(terms) => {
                    let all: Vec<_> = terms.iter().flat_map(paths).collect();
                    all.iter().enumerate().any(|(index, path)| all[..index].contains(path))
                }
                _ => false,
            };
            fits && !any_term(filter, &twice)
        })],
    ),
    fault(
        "filter-ambiguous-attribute-name",
        &[Hook::Search(|_, kinds, search| {
            if kinds == [Kind::User] {
                search.filter.iter_mut().for_each(|filter| each_term(filter, &mistake_the_manager));
            }
            Ok(())
        })],
    ),
    fault(
        "filter-ne-excludes-unassigned",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(demand_a_value);
            Ok(())
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
    fault(
        "filter-eq-partial-match",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(|filter| {
                each_comparison(filter, |operator| {
                    if *operator == Operator::Eq {
                        *operator = Operator::Sw;
                    }
                });
            });
            Ok(())
        })],
    ),
    fault(
        "filter-ignored-on-groups",
        &[Hook::Search(|_, kinds, search| {
            if kinds == [Kind::Group] {
                search.filter = None;
            }
            Ok(())
        })],
    ),
    fault(
        "filter-operator-case-sensitive",
        &[Hook::Admitted(|call, _| {
            let filter = parameter(call.request, "filter")?;
            let is_loud = |word: &str| {
                let known = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "and", "or", "not"];
                known.iter().any(|known| known.eq_ignore_ascii_case(word) && *known != word)
            };
            let error = refusal(ScimType::InvalidFilter, "unknown operator");
            filter.split_whitespace().any(is_loud).then(|| error.into_reply())
        })],
    ),
    fault("filter-id-eq-fails", &[Hook::Matches(|_, filter, _, fits| fits && !names_id(filter))]),
];

fn begins_like_pr(word: &str) -> bool {
    word.strip_prefix("pr").is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric()))
}

/// The path and the pattern of a comparison whose value has a wildcard of SQL in it.
fn like(term: &Filter) -> Option<(&AttributePath, Vec<char>)> {
    let Filter::Compare { path, operator, value: Literal::String(text) } = term else { return None };
    let pattern = match operator {
        Operator::Eq => text.clone(),
        Operator::Co => format!("%{text}%"),
        Operator::Sw => format!("{text}%"),
        Operator::Ew => format!("%{text}"),
        _ => return None,
    };
    text.contains(['%', '_', '*']).then(|| (path, letters(&pattern)))
}

/// Letters without their case.
fn letters(text: &str) -> Vec<char> {
    text.to_lowercase().chars().collect()
}

/// Attributes that a server with a column for few of them can search for.
const SUPPORTED: [&str; 4] = ["id", "userName", "displayName", "active"];

/// Changes the operators of all comparisons of a filter.
fn each_comparison(filter: &mut Filter, change: fn(&mut Operator)) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            for term in terms {
                each_comparison(term, change);
            }
        }
        Filter::Not(inner) => each_comparison(inner, change),
        Filter::Compare { operator, .. } => change(operator),
        _ => {}
    }
}

/// Whether a filter asks for an id.
fn names_id(filter: &Filter) -> bool {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().any(names_id),
        Filter::Not(inner) => names_id(inner),
        Filter::Compare { path, .. } => path.name.eq_ignore_ascii_case("id"),
        _ => false,
    }
}
