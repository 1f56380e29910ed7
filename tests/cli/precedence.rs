//! File < environment < flags, with real files and real servers.

use crate::place::{OWN_SUITE, Place};
use crate::reference::Reference;

fn config(server: &Reference) -> String {
    format!("[target.file]\nbase_url = \"{}\"\ntoken_env = \"TOKEN_A\"\n", server.url())
}

/// The doctor finds this server ready.
fn reaches(place: &Place, arguments: &[&str], server: &Reference) {
    let said = place.run(&[&["doctor"], arguments].concat()).exits(0);
    assert_eq!(said.stdout.lines().next(), Some(server.url()), "{}", said.transcript());
    assert_eq!(said.stdout.lines().last(), Some("ready"), "{}", said.transcript());
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let (a, b, c) = (Reference::start(), Reference::start(), Reference::start());
    let place = || Place::new().with("TOKEN_A", a.token()).with("TOKEN_C", c.token());
    let only_file = place();
    only_file.write("scimcheck.toml", &config(&a));
    reaches(&only_file, &[], &a);
    let environment = place().with("SCIMCHECK_TARGET", b.url()).with("SCIMCHECK_TOKEN", b.token());
    environment.write("scimcheck.toml", &config(&a));
    reaches(&environment, &[], &b);
    reaches(&environment, &["--target", c.url(), "--token-env", "TOKEN_C"], &c);
    // A variable that is set to nothing counts as not set.
    let empty = place().with("SCIMCHECK_TARGET", "").with("SCIMCHECK_TOKEN", "").with("SCIMCHECK_SEED", "");
    empty.write("scimcheck.toml", &config(&a));
    reaches(&empty, &[], &a);
}

#[test]
fn the_configuration_can_lie_elsewhere() {
    let (here, named) = (Reference::start(), Reference::start());
    let place = Place::new().with("TOKEN_A", named.token()).with("TOKEN_HERE", here.token());
    place.write("scimcheck.toml", &config(&here).replace("TOKEN_A", "TOKEN_HERE"));
    place.write("conf/other.toml", &config(&named));
    reaches(&place, &[], &here);
    reaches(&place, &["--config", "conf/other.toml"], &named);
    let by_variable = Place::new().with("TOKEN_A", named.token()).with("SCIMCHECK_CONFIG", "conf/other.toml");
    by_variable.write("conf/other.toml", &config(&named));
    reaches(&by_variable, &[], &named);
}

#[test]
fn the_token_of_the_environment_wins_over_the_file() {
    let server = Reference::start();
    let place = Place::new().with("TOKEN_A", "wrong").with("SCIMCHECK_TOKEN", server.token());
    place.write("scimcheck.toml", &config(&server));
    reaches(&place, &[], &server);
    let place = Place::new().with("TOKEN_A", server.token()).with("SCIMCHECK_TOKEN", "wrong");
    place.write("scimcheck.toml", &config(&server));
    place.run(&["doctor"]).exits(5);
}

#[test]
fn the_seed() {
    let place = Place::new().with("SCIMCHECK_SEED", "21");
    place.write("own.yaml", OWN_SUITE);
    for (arguments, seed) in [(&[][..], 21), (&["--seed", "7"], 7)] {
        let said = place.run(&[&["run", "--suites", "own.yaml"], arguments].concat()).exits(0);
        assert!(said.stdout.lines().next().is_some_and(|line| line.ends_with(&format!("· seed {seed}"))));
        assert_eq!(place.results("reports/latest").seed, seed);
    }
}
