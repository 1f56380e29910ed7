//! Which resources filters find.

use std::sync::OnceLock;

use serde_json::Value;

use super::filter_terms::{
    Schemas, altered, combine, each_literal, evaluate, is_like, mistake_the_manager, names, nothing,
    widen_not,
};
use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::schema::AttributeType;
use crate::server::edit::{any_term, demand_a_value, each_term, parameter, paths, refusal};
use crate::server::hook::Hook;
use crate::server::kind::Kind;

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
        "filter-groups-finds-nothing",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(|filter| {
                each_term(filter, &|term| {
                    if names(term, "groups") {
                        *term = nothing();
                    }
                });
            });
            Ok(())
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
