//! All suites against the reference server in every variant and without every optional feature (libtest-mimic: each is
//! a test of its own, `cargo test --test variants -- patch-204`).
//!
//! Nothing may fail, nothing may be blocked, and nothing may warn but what cites the rule that the variant is about:
//! every line of a failure is a false alarm of a check, or a mistake of the server. With `--nocapture` it also says which
//! variants no check takes notice of.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use scimcheck::model::{Finding, RunResult, Verdict};
use scimcheck::selftest::Reference;
use scimcheck::server::{OptionalFeature, Options, VariantInfo, variants};
use scimcheck::suite::Suite;
use scimcheck::suite::catalogue::Catalogue;

/// Cases that run at the same time, in each of the runs.
const JOBS: usize = 4;

/// Requirements whose breach is a warning although no ambiguity speaks of it: they recommend what is missing.
const RECOMMENDED: [(&str, &str); 5] = [
    ("without-patch", "RFC7644-3.5-02"),
    ("patch-unsupported-405", "RFC7644-3.5-02"),
    // RFC 7644 §3.12 has `detail` as optional; these want an explanation.
    ("error-without-detail", "RFC7644-3.4.2.2-40"),
    ("error-without-detail", "RFC7644-3.7.3-04"),
    ("error-without-detail", "RFC7644-3.7.4-04"),
];

/// Reading them takes longer than a run.
static SUITES: LazyLock<Vec<Suite>> = LazyLock::new(scimcheck::suite::embedded);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A run has threads of its own.
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(processors);
    let tell = arguments.nocapture;
    let mut trials = vec![
        trial("the-table-is-sound", the_table_is_sound),
        trial("no-variant", || judge("", &run(Options::default()), &[])),
    ];
    trials.extend(variants().iter().map(|variant| {
        trial(variant.id(), move || {
            let options = Options { variants: BTreeSet::from([*variant]), ..Options::default() };
            let result = run(options);
            if tell && variant.info().verdict == Verdict::Warn && worst(&result) < Verdict::Warn {
                // libtest-mimic captures nothing.
                let _ = writeln!(std::io::stdout(), "note: no check warns about {variant}");
            }
            judge(variant.id(), &result, warned_about(variant.info()))
        })
    }));
    trials.extend(OptionalFeature::ALL.iter().map(|feature| {
        trial(&format!("without-{feature}"), move || {
            let without = BTreeSet::from([*feature]);
            // The ambiguity search-support: no `.search` at all is a warning.
            let warned_about: &[&str] =
                if *feature == OptionalFeature::Search { &["search-support"] } else { &[] };
            judge(
                &format!("without-{feature}"),
                &run(Options { without, ..Options::default() }),
                warned_about,
            )
        })
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    Trial::test(name, test)
}

/// Every slug is one of the catalogue, and every area one of its requirements.
fn the_table_is_sound() -> Result<(), Failed> {
    let catalogue = Catalogue::embedded();
    let areas: BTreeSet<&str> = catalogue.requirements().iter().map(|r| r.area.as_str()).collect();
    let mut mistakes = Vec::new();
    for VariantInfo { id, ambiguities, area, .. } in variants().iter().map(|variant| variant.info()) {
        let unknown = ambiguities.iter().filter(|slug| catalogue.ambiguity(slug).is_none());
        mistakes.extend(unknown.map(|slug| format!("{id} names the ambiguity {slug}, which does not exist")));
        if !areas.contains(area) {
            mistakes.push(format!("{id} names the area {area}, which does not exist"));
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n").into()) }
}

/// Runs everything against a server.
fn run(options: Options) -> RunResult {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let reference = Reference::listening(options).await.expect("a free port");
        let result = reference.run(&SUITES, &|_| true, JOBS, true).await;
        reference.stop().await;
        result
    })
}

fn worst(result: &RunResult) -> Verdict {
    result.cases.iter().map(|case| case.verdict).max().unwrap_or(Verdict::Pass)
}

/// The ambiguities that a warning about a variant has to cite; without them, none is right.
fn warned_about(variant: &VariantInfo) -> &'static [&'static str] {
    if variant.verdict == Verdict::Warn { variant.ambiguities } else { &[] }
}

/// One line for each finding that is worse than what is tolerated, and for each case without findings. A warning is
/// tolerated that cites one of the ambiguities.
fn judge(variant: &str, result: &RunResult, warned_about: &[&str]) -> Result<(), Failed> {
    let mut alarms = Vec::new();
    for case in &result.cases {
        let is_alarm = |finding: &Finding| match finding.verdict {
            Verdict::Warn => {
                !finding.see.iter().any(|slug| warned_about.contains(&slug.as_str()))
                    && !RECOMMENDED.contains(&(variant, finding.requirement.0.as_str()))
            }
            verdict => verdict > Verdict::Warn,
        };
        for finding in &case.checks {
            if !is_alarm(finding) {
                continue;
            }
            let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (wanted, got) = (one_line(&finding.wanted), one_line(&finding.got));
            let reason = finding.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let (verdict, id, at) = (finding.verdict, &finding.id, &finding.at);
            let see = finding.see.join(", ");
            alarms.push(format!("{verdict} {id} ({see}) at {at}: wanted {wanted}, got {got}{reason}"));
        }
        if case.verdict >= Verdict::Warn && case.checks.iter().all(|finding| finding.verdict < case.verdict) {
            alarms.push(format!("{} {}: {}", case.verdict, case.id, case.reason.as_deref().unwrap_or("?")));
        }
    }
    alarms.extend(result.left_over.iter().map(|left| format!("left {}: {}", left.url, left.reason)));
    alarms.extend(result.partial.iter().map(|reason| format!("partial: {reason}")));
    if alarms.is_empty() { Ok(()) } else { Err(alarms.join("\n").into()) }
}
