//! Filters.

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Operator};
use crate::server::edit::{parameter, refusal};
use crate::server::hook::Hook;
use crate::server::kind::Kind;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "filter-eq-partial-match",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(|filter| {
                each_comparison(filter, |operator| {
                    if *operator == Operator::Eq {
                        *operator = Operator::Sw;
                    }
                })
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

/// Changes the operators of all comparisons of a filter.
fn each_comparison(filter: &mut Filter, change: fn(&mut Operator)) {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => {
            terms.iter_mut().for_each(|term| each_comparison(term, change));
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
