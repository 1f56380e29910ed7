//! The command line as a user has it: the real binary, its exit codes, its files and every word that it says.
#![cfg(unix)]

#[path = "support/process.rs"]
mod process;

#[path = "cli/baseline.rs"]
mod baseline;
#[path = "cli/cleanup.rs"]
mod cleanup;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/exit_codes.rs"]
mod exit_codes;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/formats.rs"]
mod formats;
#[path = "cli/gate.rs"]
mod gate;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/interrupt.rs"]
mod interrupt;
#[path = "cli/killed.rs"]
mod killed;
#[path = "cli/lint.rs"]
mod lint;
#[path = "cli/list.rs"]
mod list;
#[path = "cli/place.rs"]
mod place;
#[path = "cli/precedence.rs"]
mod precedence;
#[path = "cli/reference.rs"]
mod reference;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/selection.rs"]
mod selection;
#[path = "cli/selftest.rs"]
mod selftest;
#[path = "cli/serve.rs"]
mod serve;
#[path = "cli/shards.rs"]
mod shards;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/texts.rs"]
mod texts;

/// Compares with `tests/snapshots/cli/NAME.snap`; ports, times and drawn seeds are not part of it.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/cli");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
    settings.add_filter(r"\(\d+ ms\)", "(N ms)");
    settings.add_filter(r"(?m) +\d+ ms$", " N ms");
    settings.add_filter(r"\d+(\.\d+)? m?s: ", "TIME: ");
    settings.add_filter(r"(?m)in \d+\.\d s$", "in TIME");
    settings.add_filter(r"scimcheck(-\w+)? \d+\.\d+\.\d+", "scimcheck$1 VERSION");
    settings.bind(|| insta::assert_snapshot!(name, text));
}
