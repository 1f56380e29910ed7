//! `scimcheck cleanup LEDGER` after `kill -9`: everything of the run goes, nothing else is touched.

use std::process::ExitStatus;

use std::os::unix::process::ExitStatusExt as _;

use crate::gate::{Gate, Hold};
use crate::place::{Place, Said};
use crate::reference::{Reference, closed_address};
use crate::snapshot;

/// Kills a run when the gate holds something, and returns where it happened.
fn killed(
    server: &Reference,
    hold: Hold,
    matches: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> (Place, Gate) {
    let gate = Gate::before(server, hold, matches);
    let place = Place::new().with("TOKEN", server.token());
    let mut running = place.start(&[
        "run",
        "--jobs",
        "1",
        "--suite",
        "crud/*",
        "--token-env",
        "TOKEN",
        "--output",
        "out",
        "--target",
        gate.url(),
    ]);
    gate.wait_for_one();
    running.signal("KILL");
    let said = running.wait();
    assert_eq!(said.status, ExitStatus::from_raw(9), "{}", said.transcript());
    gate.open();
    (place, gate)
}

/// The transcript without names that differ from run to run.
fn told(said: &Said, ledger: &str) -> String {
    let mut lines: Vec<_> = said.transcript().replace(ledger, "LEDGER").lines().map(str::to_owned).collect();
    lines.retain(|line| !line.starts_with("deleted "));
    lines.join("\n") + "\n\n"
}

#[test]
fn everything_of_a_killed_run_goes_and_strangers_stay() {
    let server = Reference::start();
    server.add_strangers();
    let before = server.content();
    let (place, gate) = killed(&server, Hold::Request, |head| head.starts_with("PUT "));
    assert_ne!(server.content(), before, "the run had made something");
    let ledger = place.ledger("out");
    let said = place.run(&["cleanup", &ledger, "--token-env", "TOKEN"]).exits(0);
    assert_eq!(said.stderr, "");
    let deleted = format!("deleted    {}/", gate.url());
    let count = said.stdout.lines().filter(|line| line.starts_with(&deleted)).count();
    let total = format!("{count} deleted; nothing is left over, the ledger is removed\n");
    assert!(count > 0 && said.stdout.ends_with(&total), "{}", said.transcript());
    assert_eq!(server.content(), before);
    assert_eq!(place.files("out"), ["results.json"], "what is known of the killed run");
    let again = place.run(&["cleanup", &ledger, "--token-env", "TOKEN"]).exits(2);
    assert!(again.stderr.contains("No such file"), "{}", again.transcript());
}

#[test]
fn a_create_whose_answer_was_lost_is_found() {
    let server = Reference::start();
    server.add_strangers();
    let before = server.content();
    let (place, _gate) = killed(&server, Hold::Answer, |head| head.starts_with("POST /scim/v2/Users "));
    let ledger = place.ledger("out");
    let last = place.read(&ledger).lines().last().map(str::to_owned);
    assert!(last.is_some_and(|line| line.contains(r#""entry":"intent""#)), "no answer has come");
    assert_ne!(server.content(), before, "though the server has made it");
    place.run(&["cleanup", &ledger, "--token-env", "TOKEN"]).exits(0);
    assert_eq!(server.content(), before);
}

#[test]
fn a_target_that_deletes_with_if_match_only() {
    let server = Reference::with_variant("if-match-required");
    server.add_strangers();
    let before = server.content();
    let (place, _gate) = killed(&server, Hold::Request, |head| head.starts_with("PUT "));
    assert_ne!(server.content(), before, "the run had made something");
    let said = place.run(&["cleanup", &place.ledger("out"), "--token-env", "TOKEN"]).exits(0);
    assert!(said.stdout.ends_with("nothing is left over, the ledger is removed\n"), "{}", said.transcript());
    assert_eq!(server.content(), before);
}

#[test]
fn a_run_on_a_target_that_changes_with_if_match_only() {
    let server = Reference::with_variant("if-match-required");
    let place = Place::new().with("TOKEN", server.token());
    let arguments = ["run", "--target", server.url(), "--token-env", "TOKEN", "--output", "out", "--suite"];
    for (suite, phase) in [("crud/replace", "step"), ("i18n/language", "cleanup")] {
        let said = place.run(&[&arguments[..], &[suite]].concat()).exits(0);
        assert_eq!(server.count(), 0, "{suite}: nothing is left: {}", said.transcript());
        let result = place.results("out");
        let notes: Vec<_> = result.cases.iter().filter(|case| case.id == "target/if-match").collect();
        assert_eq!(notes.len(), 1, "{suite}: it is said once");
        let finding = &notes[0].checks[0];
        assert_eq!((notes[0].checks.len(), finding.verdict.as_str()), (1, "info"), "{suite}");
        let shown =
            |id: &Option<_>| result.exchanges.iter().find(|exchange| Some(&exchange.id) == id.as_ref());
        let refused = shown(&finding.exchange).expect("the refusal is evidence");
        assert!(refused.curl.contains("\"$TOKEN\""), "the variable that holds the token: {}", refused.curl);
        let value = serde_json::to_value(refused).expect("JSON");
        assert_eq!(
            (&value["phase"], &value["answer"]["response"]["status"]),
            (&phase.into(), &428.into()),
            "{value:#}"
        );
        let repeated = result.exchanges.iter().filter(|exchange| {
            exchange.request.headers.iter().any(|(name, value)| name == "if-match" && value.starts_with("W/"))
        });
        assert!(repeated.count() > 0, "{suite}: what is judged is evidence too");
    }
}

#[test]
fn another_target_or_credential_is_refused() {
    let (server, other) = (Reference::start(), Reference::start());
    let (place, gate) = killed(&server, Hold::Request, |head| head.starts_with("PUT "));
    let before = server.count();
    let ledger = place.ledger("out");
    let text = place.read(&ledger);
    let mut all = String::new();
    let wrong = place.run(&["cleanup", &ledger, "--target", other.url(), "--token-env", "TOKEN"]).exits(2);
    all.push_str(&told(&wrong, &ledger));
    let anonymous = place.run(&["cleanup", &ledger]).exits(5);
    all.push_str(&told(&anonymous, &ledger));
    let gone = text.replace(gate.url(), &format!("http://{}/v2", closed_address()));
    place.write("gone.jsonl", &gone);
    all.push_str(&told(&place.run(&["cleanup", "gone.jsonl"]).exits(5), "gone.jsonl"));
    snapshot("cleanup-refused", &all);
    assert_eq!((server.count(), place.read(&ledger)), (before, text), "nothing was deleted");
}

#[test]
fn the_ledger_knows_the_target_of_the_configuration() {
    let server = Reference::start();
    let gate = Gate::before(&server, Hold::Request, |head| head.starts_with("PUT "));
    let place = Place::new().with("TOKEN", server.token());
    let config = format!(
        "default = \"local\"\n[target.local]\nbase_url = \"{}\"\ntoken_env = \"TOKEN\"\n",
        gate.url()
    );
    place.write("scimcheck.toml", &config);
    let mut running = place.start(&["run", "--suite", "crud/replace", "--output", "out"]);
    gate.wait_for_one();
    running.signal("KILL");
    running.wait();
    gate.open();
    place.run(&["cleanup", &place.ledger("out")]).exits(0);
    assert_eq!(server.count(), 0);
}
