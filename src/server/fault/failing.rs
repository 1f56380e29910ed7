//! What a server answers that has failed, and when: shared by the tables of faults.

use crate::scim::filter::Filter;
use crate::scim::search::SearchRequest;
use crate::server::edit::{any_term, fail_with};
use crate::server::reply::{Refusal, Reply};

const OUR_FAULT: &str = "Internal Server Error";

/// The answer of a server that has failed.
pub(super) fn our_fault() -> Reply {
    fail_with(500, OUR_FAULT)
}

/// Puts the answer of a server that has failed in place of another one.
pub(super) fn break_down(reply: &mut Reply) {
    *reply = our_fault();
}

/// Fails if that is so.
pub(super) fn fails_if(such: bool) -> Result<(), Refusal> {
    if such { Err(Refusal::new(500, OUR_FAULT)) } else { Ok(()) }
}

/// Fails if the filter of a query is like this.
pub(super) fn filter_fails(search: &SearchRequest, such: impl Fn(&Filter) -> bool) -> Result<(), Refusal> {
    fails_if(search.filter.as_ref().is_some_and(such))
}

/// Fails if a term of the filter of a query is like this.
pub(super) fn term_fails(search: &SearchRequest, such: &dyn Fn(&Filter) -> bool) -> Result<(), Refusal> {
    filter_fails(search, |filter| any_term(filter, such))
}
