//! Runs against faulty servers: strangers stay as they are, and what may be left is listed.

use crate::proxy::{Fault, Proxy};
use crate::scimcheck_binary::{Done, Scratch};
use crate::world::World;

/// Cases that create, change and delete.
const CASES: [&str; 4] = [
    "crud/create/minimal/*",
    "crud/replace/change",
    "crud/delete/gone/*",
    "crud/replace/group-members-twice",
];

/// What must be true after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Nothing is left.
    Clean,
    /// Something is left and listed; when the server is well again, `cleanup` deletes it.
    Listed,
    /// Something is left and listed; no `cleanup` can know it.
    ListedForGood,
}

async fn run(fault: Fault, after: After) {
    let world = World::new().await;
    let (proxy, base_url) = Proxy::start(world.server.base_url(), &world.admin, fault, None).await;
    let scratch = Scratch::new();
    let mut arguments = vec!["run", "--target", &base_url, "--token-env", "T", "--output", "out"];
    arguments.extend(["--request-timeout", "400ms", "--seed", "7"]);
    arguments.extend(CASES.iter().flat_map(|case| ["--case", case]));
    let mut command = scratch.command(&arguments);
    command.env("T", world.server.token());
    let done = Scratch::run(command).await;
    assert!(matches!(done.code, Some(0 | 1)), "{fault:?}: {done:#?}");

    let left = world.others(&format!("{fault:?}")).await;
    let results = scratch.results();
    let listed = results["left_over"].as_array().expect("left_over").len();
    if after == After::Clean {
        assert!(left.is_empty(), "{fault:?}: {left:#?} is left, {:#}", results["left_over"]);
        assert!(scratch.ledger().is_none() || listed > 0, "{fault:?}: an empty ledger is removed");
        return;
    }
    assert!(!left.is_empty(), "{fault:?}: the fault has no effect");
    assert!(listed >= left.len(), "{fault:?}: {listed} of {} are listed", left.len());
    proxy.mend();
    let done = cleanup(&scratch, &world, &base_url).await;
    match after {
        After::ListedForGood => {
            assert_ne!(done.code, Some(0), "{done:#?}");
            assert!(scratch.ledger().is_some(), "{fault:?}: it stays in the ledger");
            world.others(&format!("{fault:?}, after clean-up")).await;
        }
        _ => {
            assert_eq!(done.code, Some(0), "{fault:?}: {done:#?}");
            assert!(scratch.ledger().is_none(), "{fault:?}");
            world.is_untouched(&format!("{fault:?}, after clean-up")).await;
        }
    }
}

async fn cleanup(scratch: &Scratch, world: &World, base_url: &str) -> Done {
    let ledger = scratch.ledger().expect("a ledger stays");
    let ledger = ledger.to_str().expect("a path");
    let mut command = scratch.command(&["cleanup", ledger, "--target", base_url, "--token-env", "T"]);
    command.env("T", world.server.token());
    Scratch::run(command).await
}

macro_rules! faults {
    ($($name:ident: $fault:expr => $after:ident,)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            run($fault, After::$after).await;
        })*
    };
}

faults! {
    no_fault: Fault::None => Clean,
    a_create_answered_with_the_id_of_the_admin: Fault::AdminsIdAndLocation => Clean,
    with_the_id_of_the_admin_and_another_location: Fault::AdminsId => Clean,
    with_the_location_of_the_admin_and_another_id: Fault::AdminsLocation => Clean,
    with_steps_to_the_admin_as_id: Fault::AdminsIdBehindSteps => Clean,
    with_the_admin: Fault::Admin => Clean,
    with_the_location_of_the_admin_alone: Fault::AdminsLocationOnly => Clean,
    with_nothing: Fault::NoBody => Clean,
    with_500_after_it_was_done: Fault::ErrorAfter(500) => Clean,
    with_503_after_it_was_done: Fault::ErrorAfter(503) => Clean,
    with_408_after_it_was_done: Fault::ErrorAfter(408) => Clean,
    with_a_closed_connection_after_it_was_done: Fault::CloseAfter => Clean,
    with_silence_after_it_was_done: Fault::SilenceAfter => Clean,
    with_a_redirect_to_the_admin_307: Fault::Redirect(307) => Clean,
    with_a_redirect_to_the_admin_308: Fault::Redirect(308) => Clean,
    with_a_redirect_to_the_admin_303: Fault::Redirect(303) => Clean,
    with_429_and_then_409: Fault::TooManyThenConflict => Clean,
    lists_that_ignore_filters: Fault::ErrorAfterAndNoFilters => Clean,
    filters_that_find_nothing: Fault::ErrorAfterAndBlindFilters => Clean,
    a_delete_that_does_nothing: Fault::DeleteDoesNothing => Listed,
    a_delete_that_is_refused: Fault::DeleteRefused => Listed,
    a_server_that_renames: Fault::Renames => ListedForGood,
    ids_with_every_odd_character: Fault::OddIds => Clean,
}
