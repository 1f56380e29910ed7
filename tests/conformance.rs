//! Every case of the suites against the embedded reference server, each as a test of its own (libtest-mimic): names,
//! filters and output are those of `cargo test` and cargo-nextest.

use std::sync::Arc;
use std::time::Instant;

use libtest_mimic::Arguments;
use scimcheck::harness;
use scimcheck::model::{RunResult, TargetInfo};
use scimcheck::report::terminal;
use scimcheck::run::{self, Plan, PlannedCase};
use scimcheck::server::{self, Server};
use scimcheck::suite::select::Selection;
use scimcheck::target::Discovery;
use scimcheck::target::discovery::{self, Documents, Settings};
use scimcheck::wire::{Live, LiveOptions, Redactor};
use tokio::runtime::Runtime;

/// The reference server and everything that was found out about it.
struct World {
    runtime: Runtime,
    server: Server,
    transport: Arc<Live>,
    redactor: Redactor,
    discovery: Discovery,
}

impl World {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let (server, transport, redactor, discovery) = runtime.block_on(async {
            let server = Server::start(server::Options::equipped()).await.expect("a free port");
            let base_url: url::Url = server.base_url().parse().expect("a URL");
            let redactor = Redactor::default();
            let options = LiveOptions::new(base_url).bearer(server.token()).bearers(server.credentials());
            let settings = Settings { disposable: true, ..Settings::of_live(&options) };
            let transport = Live::new(options, &redactor).expect("a client");
            let began = Instant::now();
            let documents = Documents::read(&transport, &settings, began).await;
            let discovery = discovery::understand(documents, &settings, began);
            (server, Arc::new(transport), redactor, discovery)
        });
        Self { runtime, server, transport, redactor, discovery }
    }

    fn run(&self, planned: &PlannedCase) -> RunResult {
        let target = TargetInfo {
            name: "reference server".to_owned(),
            base_url: self.server.base_url().to_owned(),
            ..TargetInfo::default()
        };
        let options = run::Options::new(target, 7, "2026-01-01T00:00:00Z");
        let plan = Plan { cases: vec![planned.clone()], ..Plan::default() };
        let transport = self.transport.clone();
        self.runtime.block_on(run::run(
            plan,
            self.discovery.clone(),
            transport,
            &self.redactor,
            options,
            &mut (),
        ))
    }
}

fn main() {
    let arguments = Arguments::from_args();
    let world = Arc::new(World::start());
    let plan = Plan::new(&scimcheck::suite::embedded(), &world.discovery.model, &Selection::default());
    let run_case: Arc<harness::RunCase> = Arc::new(move |planned: &PlannedCase| world.run(planned));
    let trials = harness::trials(&plan, &run_case, terminal::explain);
    libtest_mimic::run(&arguments, trials).exit();
}
