//! Every fault of the reference server is seen as it is recorded: each is a test of its own that runs just the cases that
//! saw it last (`cargo test --test selftest -- if-match-ignored`).
//!
//! `SCIMCHECK_BLESS=1` runs all cases in place of those and writes down what saw each fault
//! (`fixtures/selftest/caught/AREA.json`), of all faults or of those that a filter names, and writes `docs/selftest.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use scimcheck::selftest::page::{self, Reasons};
use scimcheck::selftest::{Broken, Cases, Figures, Record, Reference, Sight, Sweep, Table};
use scimcheck::server::{Fault, Options, faults};
use scimcheck::suite::Suite;
use scimcheck::suite::catalogue::Catalogue;
use scimcheck::suite::faults::Faults;

static SUITES: LazyLock<Vec<Suite>> = LazyLock::new(scimcheck::suite::embedded);
/// The suites, and what they say without faults: found out once.
static SWEEP: LazyLock<Sweep<'static>> =
    LazyLock::new(|| Sweep::new(&SUITES, Some(Table::embedded())).expect("a server"));

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let blessed =
        std::env::var_os("SCIMCHECK_BLESS").map(|_| Arc::new(Mutex::new(Table::embedded().clone())));
    let mut trials = vec![
        Trial::test("descriptions-are-sound", descriptions_are_sound),
        Trial::test("the-table-names-faults-and-checks-that-exist", the_table_is_sound),
        Trial::test("no-network-changes-no-verdict", no_network_changes_no_verdict),
    ];
    trials.extend(faults().iter().map(|fault| {
        let blessed = blessed.clone();
        Trial::test(fault.id(), move || match blessed {
            Some(table) => note(*fault, &table),
            None => seen_as_recorded(*fault),
        })
    }));
    if blessed.is_none() {
        trials.push(Trial::test("the-page-is-fresh", the_page_is_fresh));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(table) = blessed.filter(|_| !arguments.list) {
        write(&table.lock().expect("nobody panics with it"));
    }
    conclusion.exit_code()
}

fn place(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn write(table: &Table) {
    table.write(&place("")).expect("the files can be written");
    fs::write(place("docs/selftest.md"), page_of(table)).expect("it can be written");
}

fn page_of(table: &Table) -> String {
    page::markdown(Faults::embedded(), table, SWEEP.universe(), Reasons::embedded())
}

/// Runs everything, and notes what saw the fault.
fn note(fault: Fault, table: &Mutex<Table>) -> Result<(), Failed> {
    let trial = SWEEP.run(Broken::Fault(fault), Cases::All)?;
    table.lock().map_err(|_| "another trial panicked")?.note(&trial);
    Ok(())
}

fn seen_as_recorded(fault: Fault) -> Result<(), Failed> {
    let trial = SWEEP.run(Broken::Fault(fault), Cases::Telling)?;
    let Some(record) = Table::embedded().get(fault.id()) else {
        return Err(format!("not recorded: SCIMCHECK_BLESS=1 cargo test --test selftest -- {fault}").into());
    };
    if trial.sight() == record.sight {
        return Ok(());
    }
    let now: Vec<_> = Record::of(&trial).checks().cloned().collect();
    let said = format!(
        "recorded as {}, but {} by the {} cases that ran: {now:?}\nrecorded: {:?}",
        record.sight.as_str(),
        trial.sight().as_str(),
        trial.cases,
        record.cases,
    );
    Err(said.into())
}

fn the_page_is_fresh() -> Result<(), Failed> {
    let page = fs::read_to_string(place("docs/selftest.md")).unwrap_or_default();
    if page == page_of(Table::embedded()) {
        return Ok(());
    }
    Err("docs/selftest.md is stale: SCIMCHECK_BLESS=1 cargo test --test selftest writes it anew".into())
}

fn descriptions_are_sound() -> Result<(), Failed> {
    let built: BTreeSet<&str> = faults().iter().map(|fault| fault.id()).collect();
    one_line_each(&Faults::embedded().mistakes(Catalogue::embedded(), &built))
}

fn the_table_is_sound() -> Result<(), Failed> {
    let universe = SWEEP.universe();
    let mut mistakes = Vec::new();
    for (area, records) in &Table::embedded().0 {
        for (id, record) in records {
            if Faults::embedded().get(id).is_none_or(|fault| fault.area != *area) {
                mistakes.push(format!("{area}.json: {id} is no fault of this area"));
            }
            let unknown = record.checks().filter(|check| !universe.knows(check));
            mistakes.extend(unknown.map(|check| format!("{area}.json: {id}: there is no check {check}")));
        }
    }
    let figures = Figures::new(Faults::embedded(), Table::embedded(), universe);
    let stale = Reasons::embedded().stale(universe, &figures.unfailing);
    mistakes.extend(stale.iter().map(|what| format!("unfailing.yaml: {what}")));
    one_line_each(&mistakes)
}

fn one_line_each(mistakes: &[String]) -> Result<(), Failed> {
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n").into()) }
}

/// The server without faults looks the same by calls and through a socket.
fn no_network_changes_no_verdict() -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (local, network) = runtime.block_on(async {
        let local = Reference::local(Options::default())?;
        let local = local.run(&SUITES, &|_| true, 8, false).await;
        let listening = Reference::listening(Options::default()).await?;
        let network = listening.run(&SUITES, &|_| true, 8, false).await;
        listening.stop().await;
        Ok::<_, std::io::Error>((local, network))
    })?;
    let all = |result: &scimcheck::model::RunResult| -> Vec<(String, String)> {
        let checks = result.cases.iter().flat_map(|case| &case.checks);
        checks.map(|check| (check.id.clone(), format!("{}: {}", check.verdict, check.got))).collect()
    };
    let verdict = |all: Vec<(String, String)>| -> BTreeSet<(String, String)> {
        let short = |(id, got): (String, String)| (id, got.split(':').next().unwrap_or_default().to_owned());
        all.into_iter().map(short).collect()
    };
    let (local, network) = (verdict(all(&local)), verdict(all(&network)));
    let differ: Vec<_> =
        local.symmetric_difference(&network).map(|(id, verdict)| format!("{verdict} {id}")).collect();
    assert!(local.len() > 1000, "{}", local.len());
    if local.iter().any(|(_, verdict)| verdict == Sight::Missed.as_str()) {
        return Err("nothing was judged".into());
    }
    one_line_each(&differ)
}
