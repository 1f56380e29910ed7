//! Every check can say no. A check that passes proves something only if it would not have passed on another answer;
//! so each case is run again on its own recorded answers with one of them changed, in one way after the other, until
//! every check of the case has been seen to fail. What no change can make fail is listed in `exceptions`, with the
//! reason, and nothing else may be.
//!
//! Nothing is sent for that: the answers are recorded once from the reference server and then replayed
//! (`replay::Replay`), so that a changed run costs a millisecond.

use std::collections::{BTreeMap, BTreeSet};

use scimcheck::check::invariants::Invariant;

use self::exceptions::{CHECKS, INVARIANTS};
use self::replay::judge;
use self::search::Search;

#[path = "checks_can_fail/changes.rs"]
mod changes;
#[path = "checks_can_fail/edit.rs"]
mod edit;
#[path = "checks_can_fail/exceptions.rs"]
mod exceptions;
#[path = "checks_can_fail/place.rs"]
mod place;
#[path = "checks_can_fail/record.rs"]
mod record;
#[path = "checks_can_fail/replay.rs"]
mod replay;
#[path = "checks_can_fail/search.rs"]
mod search;
#[path = "checks_can_fail/values.rs"]
mod values;

#[test]
fn every_check_can_fail() {
    let began = std::time::Instant::now();
    let mut searches: Vec<Search> = record::cases().into_iter().map(Search::new).collect();
    let recorded = began.elapsed();
    let searching = std::time::Instant::now();
    let mut broken_invariants = BTreeSet::new();
    let mut runs = 0;
    loop {
        let slots: Vec<_> = searches
            .iter_mut()
            .enumerate()
            .flat_map(|(index, search)| {
                search.next().into_iter().map(move |change| (index, change)).collect::<Vec<_>>()
            })
            .collect();
        if slots.is_empty() {
            break;
        }
        runs += slots.len();
        let judged = judge(&searches, &slots);
        broken_invariants.extend(judged.broken_invariants);
        for ((index, change), result) in slots.into_iter().zip(judged.cases) {
            searches[index].observe(&change, result);
        }
    }

    // The search for failing checks breaks most invariants on its way; the others are looked for.
    let all: BTreeSet<String> = Invariant::all().iter().map(|invariant| invariant.id.to_owned()).collect();
    let more: Vec<_> = searches
        .iter()
        .enumerate()
        .flat_map(|(index, search)| search.for_invariants().into_iter().map(move |change| (index, change)))
        .collect();
    for some in more.chunks(200) {
        if broken_invariants.len() < all.len() {
            runs += some.len();
            broken_invariants.extend(judge(&searches, some).broken_invariants);
        }
    }

    let unfaithful: Vec<_> = searches.iter().flat_map(Search::unfaithful).collect();
    assert!(unfaithful.is_empty(), "replayed answers are judged otherwise:\n{}", unfaithful.join("\n"));

    let checks: usize = searches.iter().map(|search| search.checks().len()).sum();
    let never: BTreeSet<String> = searches.iter().flat_map(Search::never_failed).collect();
    let seen: usize = checks - never.len();
    let mut by_change: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in searches.iter().flat_map(Search::failed_by) {
        *by_change.entry(kind).or_default() += 1;
    }
    println!("which changes made checks fail: {by_change:#?}");
    println!(
        "{checks} checks of {} cases, {seen} seen to fail, {} exceptions; {} of {} invariants seen to fail; {runs} \
         changed runs in {:.1} s after {:.1} s of recording",
        searches.len(),
        CHECKS.len(),
        broken_invariants.len(),
        Invariant::all().len(),
        searching.elapsed().as_secs_f64(),
        recorded.as_secs_f64(),
    );

    let excepted: BTreeSet<String> = CHECKS.iter().map(|(id, _)| (*id).to_owned()).collect();
    let vacuous: Vec<_> = never.difference(&excepted).cloned().collect();
    assert!(vacuous.is_empty(), "no change of an answer makes these checks fail:\n{}", vacuous.join("\n"));
    let stale: Vec<_> = excepted.difference(&never).cloned().collect();
    assert!(stale.is_empty(), "these exceptions can fail, or are no checks:\n{}", stale.join("\n"));

    let never: Vec<_> = all.difference(&broken_invariants).cloned().collect();
    let excepted: Vec<_> = INVARIANTS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(never, excepted, "invariants that no change of an answer makes fail, and those that may");
}
