//! Every case once against the reference server, with all that was sent and answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use scimcheck::model::{CaseResult, FeatureState, Request, RunResult, Sink, TargetInfo};
use scimcheck::run::{self, Fate, Plan, PlannedCase};
use scimcheck::server::{self, Server};
use scimcheck::suite::select::Selection;
use scimcheck::target::Discovery;
use scimcheck::target::discovery::{self, CredentialKind, Documents, Settings};
use scimcheck::wire::{BoxFuture, Credential, Live, LiveOptions, Redactor, Sent, TokenSource, Transport};

/// The suites whose checks are proven here. For the others the search takes too long as yet.
const PROVEN: [&str; 6] =
    ["discovery/*", "crud/*", "errors/responses", "errors/types", "auth/*", "http/media-types"];

/// A case as it went against the reference server.
pub(crate) struct Recorded {
    pub(crate) planned: PlannedCase,
    /// The target, with the features that the case wants: a case for those that lack a feature runs too.
    pub(crate) discovery: Arc<Discovery>,
    /// What was sent and answered, without the clean-up.
    pub(crate) exchanges: Vec<Sent>,
    pub(crate) result: CaseResult,
}

/// All cases of the suites.
pub(crate) fn cases() -> Vec<Recorded> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let read_only = "read-only-token-of-the-test";
        let options =
            server::Options { read_only_token: Some(read_only.into()), ..server::Options::default() };
        let server = Server::start(options).await.expect("a free port");
        let base_url: url::Url = server.base_url().parse().expect("a URL");
        let bearer = |token: &str| Credential::Bearer(TokenSource::Value(token.to_owned().into()));
        let credentials = BTreeMap::from([
            ("read_only".to_owned(), bearer(read_only)),
            // The reference server has one tenant only: what the other may not see, it sees.
            ("other_tenant".to_owned(), bearer(server.token())),
        ]);
        let settings = Settings {
            credential: Some(CredentialKind::Bearer),
            credentials: credentials.keys().cloned().collect(),
            disposable: true,
            ..Settings::new(base_url.clone())
        };
        let options = LiveOptions { credentials, ..LiveOptions::new(base_url).bearer(server.token()) };
        let live = Live::new(options, &Redactor::default()).expect("a client");
        let began = Instant::now();
        let documents = Documents::read(&live, &settings, began).await;
        let mut discovery = discovery::understand(documents, &settings, began);
        // What discovery sent is no part of a case.
        (discovery.exchanges, discovery.findings) = (Vec::new(), Vec::new());
        let selection =
            Selection { suites: PROVEN.iter().map(|suite| (*suite).to_owned()).collect(), cases: Vec::new() };
        let mut plan = Plan::new(&scimcheck::suite::embedded(), &discovery.model, &selection);
        plan.cases.retain(|planned| planned.fate != Fate::Deselected);

        let recorder = Arc::new(Recorder { live, sent: Mutex::default() });
        let mut targets = BTreeMap::new();
        let mut recorded = Vec::new();
        for planned in plan.cases {
            let planned = PlannedCase { fate: Fate::Run, ..planned };
            let discovery = target_for(&planned, &discovery, &mut targets);
            let plan = Plan { cases: vec![planned.clone()], ..Plan::default() };
            let (target, redactor) = (Discovery::clone(&discovery), Redactor::default());
            let run = run::run(plan, target, recorder.clone(), &redactor, options_of_a_run(), &mut ()).await;
            let sent = std::mem::take(&mut *recorder.sent.lock().expect("no panic"));
            let exchanges = of_the_case(sent, &run, &planned.id);
            let result = case_of(run, &planned.id);
            recorded.push(Recorded { planned, discovery, exchanges, result });
        }
        server.shutdown().await;
        recorded
    })
}

/// What the case itself sent, in its order: not the looks at a resource before it is changed, and not the clean-up.
fn of_the_case(sent: Vec<Sent>, run: &RunResult, id: &str) -> Vec<Sent> {
    let ids =
        run.cases.iter().find(|case| case.id == id).map(|case| &case.exchanges).expect("it was planned");
    let mut own = ids.iter().map(|id| {
        let exchange = run.exchanges.iter().find(|exchange| exchange.id == *id).expect("it is recorded");
        (&exchange.request.method, &exchange.request.url)
    });
    let mut next = own.next();
    let mut kept = Vec::new();
    for sent in sent {
        if next
            .is_some_and(|(method, url)| *method == sent.request.method && url.starts_with(&sent.request.url))
        {
            kept.push(sent);
            next = own.next();
        }
    }
    kept
}

/// How all runs of this test are made.
pub(crate) fn options_of_a_run() -> run::Options {
    let target = TargetInfo { name: "reference server".to_owned(), ..TargetInfo::default() };
    run::Options::new(target, 7, "2026-01-01T00:00:00Z")
}

fn case_of(run: RunResult, id: &str) -> CaseResult {
    run.cases.into_iter().find(|case| case.id == id).expect("the case that was planned")
}

/// The target with everything that a case requires, and without what it requires the absence of. Cases that want the
/// same share it.
fn target_for(
    planned: &PlannedCase,
    discovery: &Discovery,
    targets: &mut BTreeMap<Vec<String>, Arc<Discovery>>,
) -> Arc<Discovery> {
    let of_steps = planned.case().steps.iter().flat_map(|step| {
        let outcomes = step.one_of.iter().flat_map(|outcome| &outcome.checks);
        let checks = step.checks.iter().chain(outcomes).flat_map(|check| &check.requires);
        step.requires.iter().chain(checks)
    });
    // What the case as a whole requires goes before what one of its steps does.
    let wanted = of_steps.filter(|entry| !entry.contains("${")).chain(&planned.requires);
    let mut forced: Vec<String> = Vec::new();
    for entry in wanted {
        let name = entry.trim_start_matches('!');
        forced.retain(|earlier| earlier.trim_start_matches('!') != name);
        forced.push(entry.clone());
    }
    forced.retain(|entry| discovery.model.first_unmet([entry.as_str()]).is_some());
    forced.sort();
    let make = || {
        let mut changed = discovery.clone();
        for entry in &forced {
            let name = scimcheck::model::Feature(entry.trim_start_matches('!').to_owned());
            let overridden = Some(!entry.starts_with('!'));
            changed.model.features.0.insert(name, FeatureState { overridden, ..FeatureState::default() });
        }
        Arc::new(changed)
    };
    targets.entry(forced.clone()).or_insert_with(make).clone()
}

/// Sends live, and keeps all of it.
struct Recorder {
    live: Live,
    sent: Mutex<Vec<Sent>>,
}

impl Transport for Recorder {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let sent = self.live.send(request).await;
            // As the run asked for it, so that a replay can compare.
            let kept = Sent { request: request.clone(), ..sent.clone() };
            self.sent.lock().expect("no panic").push(kept);
            sent
        })
    }
}

/// Counts the cases that ended.
pub(crate) struct OnCaseEnd<F: FnMut(CaseResult) + Send>(pub(crate) F);

impl<F: FnMut(CaseResult) + Send> Sink for OnCaseEnd<F> {
    fn event(&mut self, event: &scimcheck::model::Event<'_>) {
        if let scimcheck::model::Event::CaseFinished { result, .. } = event {
            (self.0)(CaseResult::clone(result));
        }
    }
}
