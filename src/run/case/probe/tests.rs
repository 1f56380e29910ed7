//! What is measured of revocations: a reference server in this process, whose answers take their time by a clock that
//! stands still otherwise.

mod logins;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::model::{
    CaseResult, Cause, Channel, ChannelLatency, Finding, Latency, RunResult, TargetInfo, Verdict,
};
use crate::run::{self, Plan};
use crate::selftest::authorization_server;
use crate::server::{Local, Options};
use crate::suite::select::Selection;
use crate::target::discovery::{self, Documents, Settings};
use crate::wire::oauth::{Client, LoginOptions, OAuth, OAuthOptions};
use crate::wire::{BoxFuture, Carried, Carrier, ClientAuthentication, Live, LiveOptions, Outgoing, Redactor};

const DEADLINE: Duration = Duration::from_secs(20);

/// How long an answer takes, and what stands in its place from the change on.
type Manner = fn(&Outgoing, Option<Duration>) -> (Duration, Option<Carried>);

/// Whatever has such a manner.
trait Behaves: Fn(&Outgoing, Option<Duration>) -> (Duration, Option<Carried>) + Send + Sync + 'static {}

impl<F: Fn(&Outgoing, Option<Duration>) -> (Duration, Option<Carried>) + Send + Sync + 'static> Behaves
    for F
{
}

/// A server that is in no hurry.
struct Slow {
    local: Local,
    manner: Box<dyn Behaves>,
    /// When the user was changed or a token revoked.
    changed: Mutex<Option<Instant>>,
}

impl Carrier for Slow {
    fn carry(&self, outgoing: Outgoing) -> BoxFuture<'_, Carried> {
        Box::pin(async move {
            let since = self.changed.lock().unwrap().map(|changed| changed.elapsed());
            let (takes, answer) = (self.manner)(&outgoing, since);
            let changes = outgoing.method == reqwest::Method::PATCH || outgoing.url.path() == "/oauth/revoke";
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

fn answer(status: u16, body: &str) -> Carried {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Carried { status, headers, body: body.as_bytes().to_vec() }
}

async fn run_case(id: &str, manner: impl Behaves) -> CaseResult {
    run_case_with(id, manner, |_, _| {}).await
}

async fn run_case_with(
    id: &str,
    manner: impl Behaves,
    set: fn(&mut Options, &mut OAuthOptions),
) -> CaseResult {
    let result = run_cases(|case| case == id, manner, set).await;
    result.cases.into_iter().find(|case| case.id == id).expect("it ran")
}

async fn run_cases(
    pick: impl Fn(&str) -> bool,
    manner: impl Behaves,
    set: fn(&mut Options, &mut OAuthOptions),
) -> RunResult {
    run_cases_until(Duration::from_hours(1), None, pick, manner, set).await
}

async fn run_cases_until(
    interrupted_after: Duration,
    max_rate: Option<f64>,
    pick: impl Fn(&str) -> bool,
    manner: impl Behaves,
    set: fn(&mut Options, &mut OAuthOptions),
) -> RunResult {
    let mut options = Options { seed: Some(1), ..Options::equipped() };
    set(&mut options, &mut OAuthOptions::new(client()));
    let local = Local::new(options).unwrap();
    let mut oauth = authorization_server(local.issuer(), local.client_id(), local.client_secret()).unwrap();
    oauth.deadline = Some(DEADLINE);
    set(&mut Options::default(), &mut oauth);
    let mut live = LiveOptions::new(local.base_url().parse().unwrap()).bearer(local.token());
    live.origins = oauth.allowed_origins();
    live.max_rate = max_rate;
    let redactor = Redactor::default();
    let mut settings = Settings { disposable: true, ..Settings::of_live(&live) };
    let slow = Slow { local, manner: Box::new(manner), changed: Mutex::default() };
    let transport = Arc::new(Live::new(live, &redactor).unwrap().over(Arc::new(slow)));
    let oauth = Arc::new(OAuth::discover(oauth, transport.as_ref(), &redactor).await.unwrap());
    settings.oauth = oauth.features();
    let began = std::time::Instant::now();
    let documents = Documents::read(transport.as_ref(), &settings, began).await;
    let discovery = discovery::understand(documents, &settings, began);
    let suites = crate::suite::embedded();
    let mut plan = Plan::new(&suites, &discovery.model, &Selection::default());
    plan.cases.retain(|case| pick(&case.id));
    let (interrupter, interrupt) = watch::channel(false);
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
    let mut sink = ();
    let running = run::run(plan, discovery, transport, &redactor, options, &mut sink);
    tokio::pin!(running);
    match tokio::time::timeout(interrupted_after, &mut running).await {
        Ok(result) => result,
        Err(_) => {
            interrupter.send_replace(true);
            running.await
        }
    }
}

fn page(html: &str) -> Carried {
    let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
    Carried { status: 200, headers, body: html.as_bytes().to_vec() }
}

fn client() -> Client {
    Client { id: String::new(), secret: None, authentication: ClientAuthentication::Basic }
}

fn check<'c>(case: &'c CaseResult, name: &str) -> &'c Finding {
    let found = case.checks.iter().find(|finding| finding.id == format!("{}#{name}", case.id));
    found.unwrap_or_else(|| panic!("there is no {name}"))
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
                (Duration::ZERO, Some(answer(200, "{}")))
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
            "/oauth/token" if body.contains("grant_type=refresh_token") => (Duration::from_secs(3), None),
            _ => (Duration::ZERO, None),
        }
    })
    .await;
    assert_eq!(check(&case, "userinfo").verdict, Verdict::Pass);
    assert!(
        case.latencies.iter().all(|latency| latency.untold),
        "the refresh at the same time has its answer three seconds after the change: nobody knows when they ended"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_may_have_expired_by_itself_proves_nothing() {
    let case = run_case_with(
        "deactivation/revocation/by-patch",
        |outgoing, since| match (outgoing.url.path(), since) {
            // UserInfo looks at the expiry and never at the account.
            ("/oauth/userinfo", Some(since)) if since < Duration::from_secs(12) => {
                (Duration::ZERO, Some(answer(200, "{}")))
            }
            ("/resource", Some(_)) => (Duration::ZERO, Some(answer(200, "{}"))),
            _ => (Duration::ZERO, None),
        },
        |options, _| options.oauth.access_token_lifetime = Duration::from_secs(12),
    )
    .await;
    let finding = check(&case, "userinfo");
    assert_eq!(finding.verdict, Verdict::Blocked, "{finding:#?}");
    let reason = finding.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("the token may have expired by itself"), "{reason}");
    assert_eq!(words(&case, Channel::Userinfo), "not told");
    assert_eq!(check(&case, "introspection").verdict, Verdict::Pass, "seen before it expired");
    let resource = check(&case, "resource");
    assert_eq!(resource.verdict, Verdict::Fail, "it is served long after it expired");
    assert!(
        resource.got.starts_with("still active when the deadline of 20s was over: 200"),
        "{}",
        resource.got
    );
    assert_eq!(words(&case, Channel::Resource), "never");
}

const LOGIN_PAGE: &str =
    "<form method=post action=/login><input name=username><input type=password name=password></form>";

#[tokio::test(start_paused = true)]
async fn a_login_page_with_200_is_no_session() {
    let case =
        run_case("deactivation/revocation/by-patch", |outgoing, since| match (outgoing.url.path(), since) {
            ("/session", Some(since)) if since < Duration::from_millis(90) => {
                (Duration::ZERO, Some(page("<p>Logged in as kim.</p>")))
            }
            ("/session", Some(_)) => (Duration::ZERO, Some(page(LOGIN_PAGE))),
            _ => (Duration::ZERO, None),
        })
        .await;
    assert_eq!(check(&case, "before-session").verdict, Verdict::Pass);
    assert_eq!(check(&case, "session").verdict, Verdict::Pass);
    assert_eq!(words(&case, Channel::Session), "within 0.10 s");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_asks_for_a_password_in_any_case_proves_nothing() {
    let case = run_case("deactivation/revocation/by-patch", |outgoing, _| match outgoing.url.path() {
        "/session" => {
            (Duration::ZERO, Some(page("<form>New password: <input type=password name=new></form>")))
        }
        _ => (Duration::ZERO, None),
    })
    .await;
    let finding = check(&case, "before-session");
    assert_eq!(finding.verdict, Verdict::Blocked);
    let reason = finding.reason.as_deref().unwrap_or_default();
    assert!(
        reason.contains("asks for a password, as login pages do") && reason.contains("`shows`"),
        "{reason}"
    );
    assert_eq!(check(&case, "session").verdict, Verdict::Blocked);
}

/// A page that is there for everybody, and greets by name who is logged in; it also lets change the password.
async fn greeted(ends: bool) -> CaseResult {
    const GREETS: &str = "<p>Logged in as kim.</p><input type=password name=new>";
    let ending: Manner = |outgoing, since| match (outgoing.url.path(), since) {
        ("/session", Some(_)) => (Duration::ZERO, Some(page("<p>Welcome, guest.</p>"))),
        ("/session", None) => (Duration::ZERO, Some(page(GREETS))),
        _ => (Duration::ZERO, None),
    };
    let staying: Manner = |outgoing, _| match outgoing.url.path() {
        "/session" => (Duration::ZERO, Some(page(GREETS))),
        _ => (Duration::ZERO, None),
    };
    run_case_with("deactivation/revocation/by-patch", if ends { ending } else { staying }, |_, oauth| {
        if let Some(session) = &mut oauth.session {
            session.shows = Some("Logged in as".to_owned());
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_text_tells_who_is_logged_in() {
    let ended = greeted(true).await;
    assert_eq!(check(&ended, "before-session").verdict, Verdict::Pass);
    assert_eq!(check(&ended, "session").verdict, Verdict::Pass);
    let stays = greeted(false).await;
    assert_eq!(check(&stays, "session").verdict, Verdict::Fail);
    assert_eq!(words(&stays, Channel::Session), "never");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_never_revokes_costs_the_deadline_once() {
    let began = Instant::now();
    let never: Manner = |outgoing, since| match (outgoing.url.path(), since) {
        ("/resource", Some(_)) => (Duration::ZERO, Some(answer(200, "{}"))),
        _ => (Duration::ZERO, None),
    };
    // One case at a time, of which each waits until the deadline.
    let result = run_cases(|case| case.starts_with("deactivation/revocation/"), never, |_, _| {}).await;
    let waited = result.cases.iter().filter(|case| {
        case.latencies.iter().any(|latency| latency.channel == Channel::Resource && latency.is_never())
    });
    let (waited, took) = (waited.count(), began.elapsed());
    assert!(waited >= 8, "{waited} cases waited");
    assert!(took < DEADLINE * 2, "{waited} deadlines of {DEADLINE:?} took {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_one_replica_refuses_still_counts() {
    // Of three replicas that answer in turn, the first was told: it is the last that counts.
    let case = run_case("deactivation/revocation/by-patch", |outgoing, since| {
        static TURN: AtomicU32 = AtomicU32::new(0);
        match (outgoing.url.path(), since) {
            ("/oauth/introspect", Some(_)) if !TURN.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) => {
                (Duration::ZERO, Some(answer(200, r#"{"active":true}"#)))
            }
            _ => (Duration::ZERO, None),
        }
    })
    .await;
    assert_eq!(check(&case, "introspection").verdict, Verdict::Fail);
    assert_eq!(words(&case, Channel::Introspection), "never");
    assert_eq!(check(&case, "userinfo").verdict, Verdict::Pass);
    assert_eq!(words(&case, Channel::Userinfo), "within 0.01 s", "the first look of the row, not the last");
}

#[tokio::test(start_paused = true)]
async fn the_time_runs_until_the_last_replica_was_told() {
    let case =
        run_case("deactivation/revocation/by-patch", |outgoing, since| match (outgoing.url.path(), since) {
            // For a moment another replica answers.
            ("/oauth/userinfo", Some(since))
                if since > Duration::from_millis(50) && since < Duration::from_millis(150) =>
            {
                (Duration::ZERO, Some(answer(200, "{}")))
            }
            _ => (Duration::ZERO, None),
        })
        .await;
    assert_eq!(check(&case, "userinfo").verdict, Verdict::Pass);
    let latency = latency(&case, Channel::Userinfo);
    let took = latency.took_ms.unwrap_or_default();
    assert!(took > latency.at_least_ms && latency.at_least_ms > 50.0, "{latency:?}");
}

#[tokio::test(start_paused = true)]
async fn our_own_login_ends_nothing() {
    // The deactivation ends nothing, but a new login ends the old one: there is room for one only.
    static PUSHED_OUT: AtomicBool = AtomicBool::new(false);
    let case = run_case_with(
        "deactivation/revocation/by-patch",
        |outgoing, since| {
            let body = String::from_utf8_lossy(&outgoing.body).into_owned();
            let instead = match (outgoing.url.path(), since) {
                ("/oauth/token", Some(_)) if body.contains("grant_type=password") => {
                    PUSHED_OUT.store(true, Ordering::Relaxed);
                    Some(answer(200, r#"{"access_token":"another-one","token_type":"Bearer"}"#))
                }
                ("/oauth/introspect", Some(_)) if !PUSHED_OUT.load(Ordering::Relaxed) => {
                    Some(answer(200, r#"{"active":true}"#))
                }
                _ => None,
            };
            (Duration::ZERO, instead)
        },
        |_, oauth| {
            oauth.login = Some(LoginOptions::Password);
            oauth.other_logins = Vec::new();
        },
    )
    .await;
    assert_eq!(check(&case, "login").verdict, Verdict::Fail);
    let finding = check(&case, "introspection");
    assert_eq!(finding.verdict, Verdict::Fail);
    assert_eq!(
        finding.got,
        "it counted until shortly before the deadline of 20s, and ended with a new login that was let in then; \
         inactive: 200"
    );
    assert_eq!(words(&case, Channel::Introspection), "never");
}

#[tokio::test(start_paused = true)]
async fn the_token_of_the_scim_client_has_the_deadline_too() {
    let began = Instant::now();
    let case = run_case("tokens/scim-credential/revoked", |outgoing, _| {
        let looks = outgoing.url.query().is_some_and(|query| query.contains("attributes=id"));
        (Duration::ZERO, looks.then(|| answer(200, r#"{"Resources":[]}"#)))
    })
    .await;
    assert!(check(&case, "refused").verdict >= Verdict::Warn, "{:#?}", case.checks);
    let took = began.elapsed();
    assert!(took >= DEADLINE && took < DEADLINE + Duration::from_secs(2), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_shown_is_not_lost_when_the_case_has_to_end() {
    let never: Manner = |outgoing, since| match (outgoing.url.path(), since) {
        ("/resource", Some(_)) => (Duration::ZERO, Some(answer(200, "{}"))),
        _ => (Duration::ZERO, None),
    };
    let id = "deactivation/revocation/by-patch";
    let result = run_cases_until(Duration::from_secs(8), None, |case| case == id, never, |_, _| {}).await;
    let case = result.cases.iter().find(|case| case.id == id).expect("it ran");
    for name in ["introspection", "userinfo", "refresh", "session"] {
        assert_eq!(check(case, name).verdict, Verdict::Pass, "{name}");
    }
    for name in ["resource", "login"] {
        let finding = check(case, name);
        assert_eq!(finding.verdict, Verdict::Blocked, "{name}");
        assert_eq!(finding.reason.as_deref(), Some("interrupted"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_latency_says_what_the_login_was_to_end_by() {
    let cases = ["deactivation/revocation/by-patch", "tokens/revocation/access-token"];
    let result = run_cases(|case| cases.contains(&case), |_, _| (Duration::ZERO, None), |_, _| {}).await;
    let causes = |id: &str| -> Vec<Cause> {
        let own = result.cases.iter().filter(|case| case.id == id).flat_map(|case| &case.latencies);
        own.map(|latency| latency.cause).collect()
    };
    let all = |id: &str, wanted: Cause| {
        let causes = causes(id);
        assert!(!causes.is_empty() && causes.iter().all(|cause| *cause == wanted), "{id}: {causes:?}");
    };
    all(cases[0], Cause::Deactivation);
    all(cases[1], Cause::Revocation);
    let of = |sums: Vec<ChannelLatency>| sums.iter().map(|sum| sum.measured).sum::<usize>();
    assert_eq!(of(result.revocation_latencies()), causes(cases[0]).len());
    assert_eq!(of(result.other_latencies()), causes(cases[1]).len());
}

/// Heads or tails, the same in every run.
fn heads(state: &AtomicU32) -> bool {
    // Marsaglia, Xorshift RNGs (2003), with the triple 13, 17, 5.
    let mut x = state.load(Ordering::Relaxed);
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    state.store(x, Ordering::Relaxed);
    x.is_multiple_of(2)
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_never_revokes_is_found_out() {
    // Which of two replicas answers is chance; one was told of the change, and the other never is.
    let case = run_case("deactivation/revocation/by-patch", |outgoing, since| {
        static CHANCE: AtomicU32 = AtomicU32::new(2_463_534_242);
        static REFRESHES: AtomicU32 = AtomicU32::new(0);
        let body = String::from_utf8_lossy(&outgoing.body).into_owned();
        let instead = match (outgoing.url.path(), since) {
            ("/oauth/introspect", Some(_)) if heads(&CHANCE) => Some(answer(200, r#"{"active":true}"#)),
            // The refresh meets the one that was told first, and the other afterwards.
            ("/oauth/token", Some(_)) if body.contains("grant_type=refresh_token") => {
                let told = REFRESHES.fetch_add(1, Ordering::Relaxed) == 0;
                (!told).then(|| {
                    answer(200, r#"{"access_token":"new","refresh_token":"new","token_type":"Bearer"}"#)
                })
            }
            _ => None,
        };
        (Duration::ZERO, instead)
    })
    .await;
    let finding = check(&case, "introspection");
    assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
    assert!(finding.got.contains("seen to have ended, and to count again, "), "{}", finding.got);
    assert!(finding.got.ends_with(" times"), "{}", finding.got);
    assert_eq!(words(&case, Channel::Introspection), "never");
    assert_eq!(check(&case, "refresh").verdict, Verdict::Fail, "one refusal was not enough");
    assert_eq!(check(&case, "login").verdict, Verdict::Pass);
}

/// The token of the SCIM client is asked for; until the time that is given, any server answers, and half of them for ever.
fn looks_at_scim(outgoing: &Outgoing) -> bool {
    outgoing.url.query().is_some_and(|query| query.contains("attributes=id"))
}

#[tokio::test(start_paused = true)]
async fn one_refusal_of_the_scim_clients_token_is_not_enough() {
    let case = run_case("tokens/scim-credential/revoked", |outgoing, since| {
        static CHANCE: AtomicU32 = AtomicU32::new(11);
        let served = since.is_some() && looks_at_scim(outgoing) && heads(&CHANCE);
        (Duration::ZERO, served.then(|| answer(200, r#"{"Resources":[]}"#)))
    })
    .await;
    let finding = check(&case, "refused");
    assert_eq!(finding.verdict, Verdict::Warn, "{finding:#?}");
    assert!(finding.got.contains("to count again"), "{}", finding.got);
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_scim_client_that_expires_proves_nothing() {
    let case = run_case_with(
        "tokens/scim-credential/revoked",
        |outgoing, since| {
            let served = looks_at_scim(outgoing) && since.is_some_and(|since| since < Duration::from_secs(5));
            (Duration::ZERO, served.then(|| answer(200, r#"{"Resources":[]}"#)))
        },
        |options, _| options.oauth.access_token_lifetime = Duration::from_secs(4),
    )
    .await;
    for name in ["refused", "refused-with-401"] {
        let finding = check(&case, name);
        assert_eq!(finding.verdict, Verdict::Blocked, "{finding:#?}");
        let reason = finding.reason.as_deref().unwrap_or_default();
        assert!(reason.contains("may have expired by itself"), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_was_held_back_is_not_in_time() {
    // All tokens count for five seconds more; that is one too many.
    let manner: Manner = |outgoing, since| {
        let counts = since.is_some_and(|since| since < Duration::from_secs(5));
        let instead = match outgoing.url.path() {
            "/oauth/introspect" => Some(answer(200, r#"{"active":true}"#)),
            "/oauth/userinfo" | "/resource" => Some(answer(200, "{}")),
            _ => None,
        };
        (Duration::ZERO, instead.filter(|_| counts))
    };
    let id = "deactivation/revocation/by-patch";
    let result = run_cases_until(
        Duration::from_hours(1),
        Some(2.0),
        |case| case == id,
        manner,
        |_, oauth| {
            oauth.deadline = Some(Duration::from_secs(4));
        },
    )
    .await;
    let case = result.cases.iter().find(|case| case.id == id).expect("it ran");
    for name in ["introspection", "userinfo", "resource"] {
        let finding = check(case, name);
        assert!(finding.verdict >= Verdict::Blocked, "{finding:#?}");
        if finding.verdict == Verdict::Blocked {
            let reason = finding.reason.as_deref().unwrap_or_default();
            assert!(
                reason.starts_with("the first look after 4s came only ") && reason.contains("max_rate"),
                "{reason}"
            );
        }
    }
    for latency in &case.latencies {
        assert!(latency.took_ms.is_none_or(|took| took <= latency.deadline_ms + 500.0), "{latency:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_else_is_asked_of_an_answer_is_not_waited_for() {
    let began = Instant::now();
    let case = run_case("tokens/introspection/revoked-token", |outgoing, since| {
        match (outgoing.url.path(), since) {
            ("/oauth/introspect", Some(_)) => {
                (Duration::ZERO, Some(answer(200, r#"{"active":false,"client_id":"app"}"#)))
            }
            _ => (Duration::ZERO, None),
        }
    })
    .await;
    assert_eq!(check(&case, "inactive").verdict, Verdict::Pass);
    assert_eq!(check(&case, "nothing-else").verdict, Verdict::Warn);
    assert_eq!(words(&case, Channel::Introspection), "within 0.01 s");
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_failure_of_a_server_blocks_nothing() {
    let case = run_case("deactivation/revocation/by-patch", |outgoing, since| {
        static FAILED: AtomicBool = AtomicBool::new(false);
        let instead = match (outgoing.url.path(), since) {
            ("/oauth/introspect", None) if !FAILED.swap(true, Ordering::Relaxed) => Some(answer(503, "{}")),
            // It counts until it cannot be told any more.
            ("/oauth/userinfo", Some(since)) if since < DEADLINE => Some(answer(200, "{}")),
            ("/oauth/userinfo", Some(_)) => Some(answer(503, "{}")),
            _ => None,
        };
        (Duration::ZERO, instead)
    })
    .await;
    assert_eq!(check(&case, "before-introspection").verdict, Verdict::Pass);
    assert_eq!(check(&case, "introspection").verdict, Verdict::Pass);
    let finding = check(&case, "userinfo");
    assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
    assert!(finding.got.contains("the last look came to nothing: it answered 503"), "{}", finding.got);
    assert_eq!(words(&case, Channel::Userinfo), "never");
}

#[tokio::test(start_paused = true)]
async fn where_a_user_has_one_login_the_last_is_looked_at() {
    let cases = [
        "deactivation/revocation/by-patch",
        "deactivation/revocation/all-devices",
        "deactivation/revocation/other-users",
        "deactivation/return/reactivated",
        "deactivation/return/password-changed",
    ];
    let result = run_cases(
        |case| cases.contains(&case),
        |_, _| (Duration::ZERO, None),
        |options, oauth| {
            options.oauth.one_login = true;
            oauth.login = Some(LoginOptions::Password);
            oauth.other_logins = Vec::new();
        },
    )
    .await;
    let case = |id: &str| result.cases.iter().find(|case| case.id == id).expect("it ran");
    for finding in cases.iter().flat_map(|id| &case(id).checks) {
        assert!(finding.verdict < Verdict::Fail, "{finding:#?}");
    }
    for id in &cases[..2] {
        for name in ["introspection", "userinfo", "resource"] {
            assert_eq!(check(case(id), name).verdict, Verdict::Pass, "{id}#{name}");
        }
    }
    let refresh = check(case(cases[0]), "before-refresh");
    assert_eq!(refresh.verdict, Verdict::Blocked);
    let reason = refresh.reason.as_deref().unwrap_or_default();
    assert!(reason.ends_with("this case logged the user in 2 times"), "{reason}");
    for name in ["colleague-introspection", "colleague-userinfo", "colleague-resource", "colleague-login"] {
        assert_eq!(check(case(cases[2]), name).verdict, Verdict::Pass, "{name}");
    }
    for name in ["before-refresh", "old-refresh-token", "new-password", "old-password"] {
        assert_eq!(check(case(cases[4]), name).verdict, Verdict::Pass, "{name}");
    }
}
