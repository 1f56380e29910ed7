//! What may never fail, and why.

/// A check that only records a choice.
const CONDITION_OF_ITS_OUTCOME: &str = "the outcome has this very condition: the check records which of the behaviours that are left open was chosen";

/// A check that a server without required extensions is not asked about.
const NOT_REQUIRED: &str =
    "the extension of the reference server is not required, so that the case ends before";

/// Checks by id, with the reason why no change of an answer makes them fail.
pub(crate) const CHECKS: &[(&str, &str)] = &[
    ("crud/replace/omitted#omitted-is-cleared", CONDITION_OF_ITS_OUTCOME),
    ("crud/replace/omitted#omitted-is-not-asserted", CONDITION_OF_ITS_OUTCOME),
    ("discovery/resource-types/required-extension/User-extension.enterprise.2.0.User#carried", NOT_REQUIRED),
    (
        "discovery/resource-types/required-extension/User-extension.enterprise.2.0.User#read-the-resource-that-was-created-with-it",
        NOT_REQUIRED,
    ),
    ("discovery/resource-types/required-extension/User-extension.enterprise.2.0.User#refused", NOT_REQUIRED),
    (
        "discovery/schemas/attributes/core.2.0.Schema#no-complex-in-complex",
        "the schema of schemas is the one whose complex attributes hold complex ones (RFC 7643 §7): the check leaves it out",
    ),
];

/// Invariants by id, with the reason why no change of an answer makes them fail.
pub(crate) const INVARIANTS: &[(&str, &str)] =
    &[("list-within-count", "no case asks for a page of resources yet")];
