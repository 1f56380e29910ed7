//! What is measured of revocations: a reference server in this process, whose answers take their time by a clock that
//! stands still otherwise.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::{CaseResult, Channel, Latency, TargetInfo};
use crate::run::{self, Plan};
use crate::selftest::authorization_server;
use crate::server::{Local, Options};
use crate::suite::select::Selection;
use crate::target::discovery::{self, Documents, Settings};
use crate::wire::oauth::OAuth;
use crate::wire::{BoxFuture, Carried, Carrier, Live, LiveOptions, Outgoing, Redactor};

const DEADLINE: Duration = Duration::from_secs(20);

/// How long an answer takes, and what stands in its place from the change on.
type Manner = fn(&Outgoing, Option<Duration>) -> (Duration, Option<Carried>);

/// A server that is in no hurry.
struct Slow {
    local: Local,
    manner: Manner,
    /// When the user was deactivated.
    changed: Mutex<Option<Instant>>,
}

impl Carrier for Slow {
    fn carry(&self, outgoing: Outgoing) -> BoxFuture<'_, Carried> {
        Box::pin(async move {
            let since = self.changed.lock().unwrap().map(|changed| changed.elapsed());
            let (takes, answer) = (self.manner)(&outgoing, since);
            let changes = outgoing.method == reqwest::Method::PATCH;
            let own = self.local.carry(outgoing).await;
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
            if changes {
                *self.changed.lock().unwrap() = Some(Instant::now());
            }
            answer.unwrap_or(own)
        })
    }
}

fn answer(status: u16, body: &str) -> Option<Carried> {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Some(Carried { status, headers, body: body.as_bytes().to_vec() })
}

async fn run_case(id: &str, manner: Manner) -> CaseResult {
    let local = Local::new(Options { seed: Some(1), ..Options::equipped() }).unwrap();
    let mut oauth =
        authorization_server(local.issuer(), local.client_id(), local.client_secret()).unwrap();
    oauth.deadline = Some(DEADLINE);
    let mut live = LiveOptions::new(local.base_url().parse().unwrap()).bearer(local.token());
    live.origins = oauth.allowed_origins();
    let redactor = Redactor::default();
    let mut settings = Settings { disposable: true, ..Settings::of_live(&live) };
    let slow = Slow { local, manner, changed: Mutex::default() };
    let transport = Arc::new(Live::new(live, &redactor).unwrap().over(Arc::new(slow)));
    let oauth = Arc::new(OAuth::discover(oauth, transport.as_ref(), &redactor).await.unwrap());
    settings.oauth = oauth.features();
    let began = std::time::Instant::now();
    let documents = Documents::read(transport.as_ref(), &settings, began).await;
    let discovery = discovery::understand(documents, &settings, began);
    let suites = crate::suite::embedded();
    let mut plan = Plan::new(&suites, &discovery.model, &Selection::default());
    plan.cases.retain(|case| case.id == id);
    let (_, interrupt) = watch::channel(false);
    let options = run::Options {
        target: TargetInfo::default(),
        seed: 7,
        jobs: 1,
        case_timeout: Duration::from_mins(5),
        run_timeout: None,
        ledger: None,
        interrupt,
        started: "2026-01-01T00:00:00Z".to_owned(),
        patience: None,
        excuses: None,
        partition: None,
        evidence: false,
        oauth: Some(oauth),
    };
    let result = run::run(plan, discovery, transport, &redactor, options, &mut ()).await;
    result.cases.into_iter().find(|case| case.id == id).expect("it ran")
}

fn latency(case: &CaseResult, channel: Channel) -> &Latency {
    let found = case.latencies.iter().find(|latency| latency.channel == channel);
    found.unwrap_or_else(|| panic!("{channel} was not measured: {:#?}", case.checks))
}

fn words(case: &CaseResult, channel: Channel) -> String {
    latency(case, channel).in_words()
}

#[tokio::test(start_paused = true)]
async fn a_slow_channel_takes_no_time_from_the_others() {
    let case = run_case("deactivation/revocation/by-patch", |outgoing, since| {
        match (outgoing.url.path(), since) {
            ("/oauth/introspect", _) => (Duration::from_secs(3), None),
            // It counts for a quarter of a second more.
            ("/oauth/userinfo", Some(since)) if since < Duration::from_millis(250) => {
                (Duration::ZERO, answer(200, "{}"))
            }
            _ => (Duration::ZERO, None),
        }
    })
    .await;
    assert_eq!(words(&case, Channel::Userinfo), "between 0.10 s and 0.30 s", "looks at 0, 100 and 300 ms");
    assert_eq!(words(&case, Channel::Resource), "within 0.01 s");
    assert_eq!(words(&case, Channel::Introspection), "within 3.0 s");
}

#[tokio::test(start_paused = true)]
async fn the_time_runs_from_the_answer_to_the_change() {
    let case = run_case("deactivation/revocation/during-a-refresh", |outgoing, _| {
        let body = String::from_utf8_lossy(&outgoing.body).into_owned();
        match outgoing.url.path() {
            "/oauth/token" if body.contains("grant_type=refresh_token") => (Duration::from_secs(2), None),
            _ => (Duration::ZERO, None),
        }
    })
    .await;
    assert_eq!(
        words(&case, Channel::Userinfo),
        "within 2.0 s",
        "the refresh at the same time has its answer two seconds after the change"
    );
}
