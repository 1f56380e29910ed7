//! What is known while a run goes on, and that looking changes nothing.

use std::sync::Arc;
use std::time::Instant;

use scimcheck::model::{Event, ReportFormat, RunResult, Sink, TargetInfo, Verdict};
use scimcheck::report::{Checkpoints, json};
use scimcheck::run::{self, Plan};
use scimcheck::server::{Options, Server};
use scimcheck::suite::select::Selection;
use scimcheck::target::discovery::{self, Documents, Settings};
use scimcheck::wire::{Live, LiveOptions, Redactor};

/// Looks after every case, and keeps what it saw.
#[derive(Default)]
struct Looks {
    seen: Vec<RunResult>,
    wants: bool,
}

impl Sink for Looks {
    fn wants_checkpoint(&self) -> bool {
        self.wants
    }

    fn event(&mut self, event: &Event<'_>) {
        if let Event::Checkpoint { result } = event {
            self.seen.push((*result).clone());
        }
    }
}

async fn run_of(suite: &str, sink: &mut dyn Sink) -> RunResult {
    let server = Server::start(Options { seed: Some(1), ..Options::default() }).await.expect("a free port");
    let base_url: url::Url = server.base_url().parse().expect("a URL");
    let redactor = Redactor::default();
    let live =
        Live::new(LiveOptions::new(base_url.clone()).bearer(server.token()), &redactor).expect("a client");
    let settings = Settings::new(base_url.clone());
    let began = Instant::now();
    let documents = Documents::read(&live, &settings, began).await;
    let discovery = discovery::understand(documents, &settings, began);
    let selection = Selection { suites: vec![suite.to_owned()], cases: Vec::new() };
    let plan = Plan::new(&scimcheck::suite::embedded(), &discovery.model, &selection);
    let target = TargetInfo { name: "t".to_owned(), base_url: base_url.to_string(), ..TargetInfo::default() };
    let options = run::Options { jobs: 4, ..run::Options::new(target, 7, "2026-01-01T00:00:00Z") };
    let result = run::run(plan, discovery, Arc::new(live), &redactor, options, sink).await;
    server.shutdown().await;
    result
}

fn outline(result: &RunResult) -> Vec<(String, Verdict, usize)> {
    result.cases.iter().map(|case| (case.id.clone(), case.verdict, case.exchanges.len())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_changes_nothing() {
    let plain = run_of("crud/*", &mut Looks::default()).await;
    let mut looks = Looks { wants: true, ..Looks::default() };
    let watched = run_of("crud/*", &mut looks).await;
    assert_eq!(outline(&watched), outline(&plain));
    let sent =
        |result: &RunResult| result.exchanges.iter().map(|exchange| exchange.id.clone()).collect::<Vec<_>>();
    assert_eq!(sent(&watched), sent(&plain));
    assert!(looks.seen.len() > 20, "one at the beginning and one after every case: {}", looks.seen.len());
    let ids = |result: &RunResult| {
        let own = result.cases.iter().filter(|case| case.suite != "invariants");
        own.map(|case| case.id.clone()).collect::<Vec<_>>()
    };
    let mut before = 0;
    for seen in &looks.seen {
        assert!(seen.partial.is_some());
        assert_eq!(ids(seen), ids(&watched), "every case, in plan order");
        let ended = seen
            .cases
            .iter()
            .filter(|case| case.reason.as_deref() != Some("not begun, or not ended"))
            .count();
        assert!(ended >= before, "it goes on");
        before = ended;
    }
    let middle = &looks.seen[looks.seen.len() / 2];
    assert_eq!(json::read(&json::render(middle)).unwrap().cases, middle.cases, "it can be read back");
    let last = looks.seen.last().unwrap();
    assert_eq!(sent(last), sent(&watched), "nothing is lost on the way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_report_on_the_way_is_whole_and_says_that_it_is_partial() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("junit.xml"), "of an earlier run").unwrap();
    let mut checkpoints = Checkpoints::new(folder.path().to_owned(), ReportFormat::ALL.to_vec()).always();
    let result = run_of("crud/delete", &mut checkpoints).await;
    assert!(result.partial.is_none());
    let text =
        |format: ReportFormat| std::fs::read_to_string(folder.path().join(format.file_name())).unwrap();
    let read = json::read(&text(ReportFormat::Json)).unwrap();
    assert!(read.partial.is_some() && read.exchanges.len() > 10);
    for format in ReportFormat::ALL {
        assert!(text(format) == scimcheck::report::render(format, &read), "{format}");
    }
    assert!(text(ReportFormat::Junit).contains("the run is not complete"));
    assert!(text(ReportFormat::Badge).contains("not complete"));
    assert!(text(ReportFormat::Html).contains("the run has not ended"));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        ReportFormat::ALL.len(),
        "nothing else is there"
    );
}
