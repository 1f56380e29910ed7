//! Colours and the progress bar: what the environment asks for.

use std::process::Command;

use crate::place::{LIMIT, OWN_SUITE, Place};
use crate::process;

fn has_colours(place: &Place, arguments: &[&str]) -> bool {
    place.write("own.yaml", OWN_SUITE);
    let said = place.run(&[&["run", "--suites", "own.yaml"], arguments].concat()).exits(0);
    said.stdout.contains("\u{1b}[")
}

#[test]
fn colours() {
    assert!(!has_colours(&Place::new(), &[]), "a pipe is no terminal");
    assert!(has_colours(&Place::new(), &["--color", "always"]));
    assert!(has_colours(&Place::new().with("NO_COLOR", "1"), &["--color", "always"]), "the flag wins");
    assert!(has_colours(&Place::new().with("CLICOLOR_FORCE", "1"), &[]));
    assert!(!has_colours(&Place::new().with("CLICOLOR_FORCE", "1").with("NO_COLOR", "1"), &[]));
    assert!(!has_colours(&Place::new().with("CLICOLOR_FORCE", "1"), &["--color", "never"]));
    assert!(
        has_colours(&Place::new().with("CLICOLOR_FORCE", "1").with("NO_COLOR", ""), &[]),
        "empty: not set"
    );
}

/// What a terminal gets. `script` (util-linux) makes one.
#[cfg(target_os = "linux")]
fn on_a_terminal(place: &Place, flags: &str) -> Option<String> {
    place.write("own.yaml", OWN_SUITE);
    let mut command = Command::new("script");
    let run = format!("{} run --suites own.yaml {flags}", env!("CARGO_BIN_EXE_scimcheck"));
    command.args(["--quiet", "--return", "--command", &run, "/dev/null"]);
    place.surround(&mut command);
    command.env("SHELL", "/bin/sh");
    let output = match process::output_within(&mut command, LIMIT) {
        Ok(output) => output,
        Err(reason) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr().lock(), "\nSKIPPED terminal: {reason}");
            return None;
        }
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    Some(text)
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_has_a_progress_bar_and_a_log_has_lines() {
    let bar = |text: &str| text.contains('━') || text.contains('─');
    let terminal = || Place::new().with("TERM", "xterm");
    let Some(text) = on_a_terminal(&terminal(), "") else { return };
    assert!(bar(&text) && text.contains("\u{1b}["), "{text}");
    assert!(!text.contains("PASS  own/users/created/User"), "the bar stands for them: {text}");
    for (place, flags) in [
        (terminal().with("CI", "true"), ""),
        (Place::new().with("TERM", "dumb"), ""),
        (terminal(), "--no-progress"),
    ] {
        let text = on_a_terminal(&place, flags).expect("it was there a moment ago");
        assert!(!bar(&text), "{text}");
        assert!(text.contains("own/users/created/User"), "{text}");
    }
    let text = on_a_terminal(&terminal().with("NO_COLOR", "1"), "--no-progress").expect("as above");
    assert!(!text.contains("\u{1b}["), "{text}");
}
