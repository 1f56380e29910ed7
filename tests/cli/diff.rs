//! `scimcheck diff`: two servers side by side, and two runs of one.

use serde_json::Value;

use crate::place::Place;
use crate::reference::Reference;

#[test]
fn two_servers_side_by_side() {
    let (fine, faulty) = (Reference::start(), Reference::with_fault("patch-remove-subattr-removes-element"));
    let place = Place::new().with("A", fine.token()).with("B", faulty.token());
    let run = |server: &Reference, token: &str, seed: &str, output: &str| {
        let target =
            ["run", "--target", server.url(), "--token-env", token, "--seed", seed, "--output", output];
        place.run(
            &[&target[..], &["--suite", "patch/remove", "--suite", "crud/read", "--quiet", "--jobs", "1"]]
                .concat(),
        )
    };
    run(&fine, "A", "7", "a").exits(0);
    run(&faulty, "B", "8", "b").exits(1);
    let diff = |a: &str, b: &str, more: &[&str]| {
        place.run(&[&["diff", &format!("{a}/results.json"), &format!("{b}/results.json")], more].concat())
    };
    let said = diff("a", "b", &[]).exits(1);
    for part in
        ["Newly failing (", "pass → ", "fail", "Changed exchanges of ", "Latency", "newly failing, 0 fixed"]
    {
        assert!(said.stdout.contains(part), "{part}\n{}", said.stdout);
    }
    let back = diff("b", "a", &[]).exits(0);
    assert!(back.stdout.contains("0 newly failing") && back.stdout.contains("Fixed ("), "{}", back.stdout);
    let markdown = diff("a", "b", &["--format", "markdown"]).exits(1).stdout;
    assert!(markdown.starts_with("## ") && markdown.contains("### Newly failing"), "{markdown}");
    let page = diff("a", "b", &["--format", "html"]).exits(1).stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h2>Newly failing: "), "{page}");
    let value: Value = serde_json::from_str(&diff("a", "b", &["--format", "json"]).exits(1).stdout).unwrap();
    assert!(!value["newly_failing"].as_array().unwrap().is_empty());

    // The same server again, with other names and another port: nothing that matters differs.
    let same = Reference::start();
    let place_token = Place::new().with("A", same.token());
    let target = ["run", "--target", same.url(), "--token-env", "A", "--seed", "9", "--output", "c"];
    place_token
        .run(
            &[&target[..], &["--suite", "patch/remove", "--suite", "crud/read", "--quiet", "--jobs", "1"]]
                .concat(),
        )
        .exits(0);
    place.write("c/results.json", &place_token.read("c/results.json"));
    let value: Value = serde_json::from_str(&diff("a", "c", &["--format", "json"]).exits(0).stdout).unwrap();
    assert_eq!(value["exchanges"], serde_json::json!([]), "{:#}", value["exchanges"]);
    assert!(value["exchanges_compared"].as_u64() > Some(20));
    let said = diff("a", "c", &[]).exits(0);
    assert!(said.stdout.ends_with("No verdict differs\n"), "{}", said.stdout);
    let to_file = diff("a", "b", &["--output", "diff.txt"]).exits(1);
    assert_eq!(to_file.stdout, "");
    assert!(place.read("diff.txt").contains("Newly failing"));
    place.run(&["diff", "a/results.json", "nowhere.json"]).exits(2);
}
