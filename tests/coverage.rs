//! What the suites verify of the catalogue: the page is fresh, and what has no check has a reason.

mod support {
    #[allow(dead_code, reason = "each test uses its own part")]
    pub(crate) mod process;
}

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

fn coverage(format: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
    command.args(["coverage", "--format", format]);
    let output =
        support::process::output_within(&mut command, Duration::from_mins(1)).expect("it ends in time");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

/// `SCIMCHECK_BLESS=1 cargo test --test coverage` writes the page anew.
#[test]
fn the_page_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/coverage.md");
    let text = coverage("markdown");
    if std::env::var_os("SCIMCHECK_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let fresh = std::fs::read_to_string(path).is_ok_and(|page| page == text);
    assert!(fresh, "docs/coverage.md is stale: SCIMCHECK_BLESS=1 cargo test --test coverage writes it anew");
}

#[test]
fn what_has_no_check_has_a_reason() {
    let coverage: Value = serde_json::from_str(&coverage("json")).unwrap();
    let uncovered = coverage["uncovered"].as_array().unwrap();
    let of_the_protocol = |id: &str| ["RFC7643", "RFC7644", "RFC9865"].iter().any(|rfc| id.starts_with(rfc));
    let unexplained: Vec<_> = uncovered
        .iter()
        .filter(|entry| entry["reason"].is_null())
        .filter_map(|entry| entry["id"].as_str())
        .filter(|id| of_the_protocol(id))
        .collect();
    assert_eq!(
        unexplained,
        Vec::<&str>::new(),
        "neither a check nor a reason (`uncovered:` in the catalogue)"
    );
}

/// The figures that the project promises for RFC 7643, 7644 and 9865.
#[test]
fn the_shares_hold() {
    let coverage: Value = serde_json::from_str(&coverage("json")).unwrap();
    let sum = |level: &str, testable: &str| {
        let shares = ["RFC7643", "RFC7644", "RFC9865"]
            .map(|rfc| coverage["rfcs"][rfc]["levels"][level][testable].clone());
        let add = |key: &str| shares.iter().filter_map(|share| share[key].as_u64()).sum::<u64>();
        (add("covered"), add("total"))
    };
    let at_least = |(covered, total): (u64, u64), percent: u64| covered * 100 >= total * percent;
    let must = sum("MUST", "every server");
    assert!(at_least(must, 100), "MUST, testable on every server: {must:?}");
    let conditional = sum("MUST", "some servers");
    assert!(at_least(conditional, 95), "MUST, testable on some servers: {conditional:?}");
    let (should, some) = (sum("SHOULD", "every server"), sum("SHOULD", "some servers"));
    let should = (should.0 + some.0, should.1 + some.1);
    assert!(at_least(should, 90), "SHOULD: {should:?}");
}
