//! Faults: named defects that the reference server can be given, to prove that the checks see them.
//!
//! # How to add one
//!
//! 1. Its description is in `fixtures/faults/AREA.yaml`: what the server does wrong, what that breaks in practice, which
//!    requirements of the catalogue it violates. As long as the entry has `unbuilt`, there are no hooks; take that line
//!    out, fill in `breaks` and `requirements`, and put `does` and `title` into words that somebody understands who has
//!    never seen the bug report. Only requirements that the server really breaks belong there: a fault counts as caught
//!    if a check that cites one of them fails.
//! 2. Its hooks are one entry in the table of its area here: `fault("the-id", &[Hook::…])`. A fault changes what its
//!    description says and nothing else. Pick the hook that is nearest to the defect:
//!
//!    | the defect is in | hook |
//!    |---|---|
//!    | how the request is understood | `Received` (method, URL, headers, body; `edit::request_body`) |
//!    | who may do what | `Access` |
//!    | an endpoint as a whole | `Admitted` (a reply ends the request), `Without`, `Options` |
//!    | parameters of a query | `Parameter`, `Search` |
//!    | which resources fit a filter, in which order | `Matches`, `Found` |
//!    | the body of a POST or PUT, the operations of a PATCH | `Body` (`write.old` is the resource as it was) |
//!    | what is stored | `Stored` |
//!    | what is shown of a resource | `Shown` |
//!    | schemas and resource types, which also decide how requests are judged | `Model` |
//!    | the discovery documents only | `Documents` |
//!    | status, headers and body of the answer | `Reply` |
//!    | whose tokens end when SCIM takes the access away | `Ends` |
//!    | where something that has ended still lets in | `Survives` |
//!    | who may log in, by which way | `Login` |
//!    | what userinfo tells | `Claims` |
//!    | any other answer of the authorization server | `Authorization` |
//!    | anything in the middle of the normal code | a `Choice` (`choice.rs`): the normal code asks `call.chooses(…)` |
//!
//!    Functions that look into requests and replies are in `edit.rs`; variants use the same ones. `failing.rs` and
//!    `parts.rs` have what only faults share. What depends on what came before asks `Hooks::times` and
//!    `Hooks::happened`.
//! 3. `scimcheck selftest --fault the-id --full` says which checks see it. If none does that cites a requirement of the
//!    fault, the suites lack a check: write it (an accepted twin included).
//!    The area `custom-types` is about servers with a resource type of their own, which each fault there adds.
//!    The areas `answers`, `bulk-results`, `consistency`, `documents`, `queries`, `values` and `writes` are our own: each
//!    fault there spoils one kind of answer everywhere, and lets through what the set-up of cases needs, so that checks
//!    fail which no defect of a known server makes fail.
//! 4. `SCIMCHECK_BLESS=1 cargo test --test selftest -- the-id` notes in `fixtures/selftest/caught/AREA.json` what catches
//!    it; from then on the test runs just those cases. It writes `docs/selftest.md` anew, too.

mod answers;
mod attributes;
mod auth;
mod bulk;
mod bulk_results;
mod consistency;
mod create;
mod custom_immutable;
mod custom_projection;
mod custom_types;
mod deactivation;
mod discovery;
mod documents;
mod documents_schemas;
mod errors;
mod etag;
mod failing;
mod filter;
mod filter_syntax;
mod filter_terms;
mod groups;
mod http;
mod pagination;
mod parts;
mod patch_add;
mod patch_general;
mod patch_remove;
mod patch_replace;
mod projection;
mod queries;
mod queries_pages;
mod queries_terms;
mod read;
mod replace;
mod robustness;
mod schema;
mod search_post;
mod security;
mod sort;
mod stale;
mod token_revocation;
mod values;
mod values_lists;
mod without_effect;
mod writes;
mod writes_creates;
mod writes_patches;

use std::sync::OnceLock;

use super::hook::Hook;
use super::named::{Change, Entry, Named};

/// What makes a fault. All that is to be said about it stands in `fixtures/faults/`.
#[derive(Debug)]
pub struct FaultInfo {
    /// Its name on the command line.
    pub id: &'static str,
    hooks: &'static [Hook],
}

/// A fault of the reference server.
pub type Fault = Named<FaultInfo>;

impl Entry for FaultInfo {
    const WHAT: &'static str = "fault";

    fn all() -> &'static [Fault] {
        faults()
    }

    fn id(&self) -> &'static str {
        self.id
    }
}

impl Change for FaultInfo {
    fn hooks(&self) -> &'static [Hook] {
        self.hooks
    }
}

/// All faults.
#[must_use]
pub fn faults() -> &'static [Fault] {
    static ALL: OnceLock<Vec<Fault>> = OnceLock::new();
    ALL.get_or_init(|| {
        let tables: [&'static [FaultInfo]; 44] = [
            answers::FAULTS,
            attributes::FAULTS,
            auth::FAULTS,
            bulk::FAULTS,
            bulk_results::FAULTS,
            consistency::FAULTS,
            create::FAULTS,
            custom_immutable::FAULTS,
            custom_projection::FAULTS,
            custom_types::FAULTS,
            deactivation::FAULTS,
            discovery::FAULTS,
            documents::FAULTS,
            documents_schemas::FAULTS,
            errors::FAULTS,
            etag::FAULTS,
            filter::FAULTS,
            filter_syntax::FAULTS,
            groups::FAULTS,
            http::FAULTS,
            pagination::FAULTS,
            patch_add::FAULTS,
            patch_general::FAULTS,
            patch_remove::FAULTS,
            patch_replace::FAULTS,
            projection::FAULTS,
            queries::FAULTS,
            queries_pages::FAULTS,
            queries_terms::FAULTS,
            read::FAULTS,
            replace::FAULTS,
            robustness::FAULTS,
            schema::FAULTS,
            search_post::FAULTS,
            security::FAULTS,
            sort::FAULTS,
            stale::FAULTS,
            token_revocation::FAULTS,
            values::FAULTS,
            values_lists::FAULTS,
            without_effect::FAULTS,
            writes::FAULTS,
            writes_creates::FAULTS,
            writes_patches::FAULTS,
        ];
        tables.into_iter().flatten().map(Named).collect()
    })
}

/// One line of a table.
const fn fault(id: &'static str, hooks: &'static [Hook]) -> FaultInfo {
    FaultInfo { id, hooks }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut ids = BTreeSet::new();
        for info in faults().iter().map(|fault| fault.info()) {
            assert!(ids.insert(info.id), "{} twice", info.id);
            assert!(info.id.bytes().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte)));
            assert!(!info.hooks.is_empty(), "{}", info.id);
        }
    }

    #[test]
    fn ids_read_back() {
        for fault in faults() {
            assert_eq!(fault.id().parse(), Ok(*fault));
        }
        let error = "etag-wek".parse::<Fault>().unwrap_err();
        assert!(error.starts_with("there is no such fault; did you mean `"), "{error}");
    }
}
