//! New logins: by when they have to be refused, though they are tried when all else has been looked at.

use super::*;

/// What a server lets in after the change, in milliseconds of it: introspection until the one, new logins until the other.
#[derive(Clone, Copy)]
struct LetsIn {
    tokens: u64,
    logins: fn(u64) -> bool,
    /// How long introspection takes for an answer.
    answer_takes: Duration,
}

/// What `by-patch` says of such a server through introspection and new logins, and how often it tried to log in.
async fn that_lets_in(server: LetsIn) -> (Finding, Finding, CaseResult, u32) {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let manner = move |outgoing: &Outgoing, since: Option<Duration>| {
        let Some(since) = since.map(|since| u64::try_from(since.as_millis()).unwrap()) else {
            return (Duration::ZERO, None);
        };
        let body = String::from_utf8_lossy(&outgoing.body).into_owned();
        match outgoing.url.path() {
            "/oauth/introspect" => {
                let active = (since < server.tokens).then(|| answer(200, r#"{"active":true}"#));
                (server.answer_takes, active)
            }
            "/oauth/token" if body.contains("grant_type=password") => {
                counted.fetch_add(1, Ordering::Relaxed);
                let tokens = answer(200, r#"{"access_token":"another-one","token_type":"Bearer"}"#);
                (Duration::ZERO, (server.logins)(since).then_some(tokens))
            }
            _ => (Duration::ZERO, None),
        }
    };
    let case = run_case_with("deactivation/revocation/by-patch", manner, |_, oauth| {
        oauth.login = Some(LoginOptions::Password);
        oauth.other_logins = Vec::new();
    })
    .await;
    let (introspection, login) = (check(&case, "introspection").clone(), check(&case, "login").clone());
    (introspection, login, case, tries.load(Ordering::Relaxed))
}

const FOR_EVER: u64 = u64::MAX;

#[tokio::test(start_paused = true)]
async fn a_login_has_no_more_time_than_the_rest() {
    // The answer of introspection keeps the last login from being tried until three seconds after the deadline.
    let slow = LetsIn { tokens: FOR_EVER, logins: |_| false, answer_takes: Duration::from_secs(3) };
    let (introspection, login, _, tries) = that_lets_in(slow).await;
    assert_eq!((introspection.verdict, login.verdict), (Verdict::Fail, Verdict::Pass), "refused at once");
    assert_eq!(tries, 2, "shortly before the deadline, and in the end");

    let (introspection, login, case, tries) = that_lets_in(LetsIn { logins: |at| at < 21_000, ..slow }).await;
    assert_eq!((introspection.verdict, login.verdict), (Verdict::Fail, Verdict::Blocked), "{login:#?}");
    let reason = login.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("when the other channels had shown what they do"), "{reason}");
    assert_eq!((words(&case, Channel::Login).as_str(), tries), ("not told", 2));

    let (_, login, case, _) = that_lets_in(LetsIn { logins: |at| at < 60_000, ..slow }).await;
    assert_eq!(login.verdict, Verdict::Fail, "{login:#?}");
    assert_eq!(words(&case, Channel::Login), "never");

    // A replica that was never told.
    let (_, login, _, _) = that_lets_in(LetsIn { logins: |at| at > 20_000, ..slow }).await;
    assert_eq!(login.verdict, Verdict::Fail, "{login:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_ends_before_the_deadline_ends_in_time() {
    let prompt = LetsIn { tokens: FOR_EVER, logins: |_| false, answer_takes: Duration::ZERO };
    let (_, login, _, tries) = that_lets_in(prompt).await;
    assert_eq!((login.verdict, tries), (Verdict::Pass, 2));

    let (introspection, login, case, _) = that_lets_in(LetsIn { logins: |at| at < 19_500, ..prompt }).await;
    assert_eq!((introspection.verdict, login.verdict), (Verdict::Fail, Verdict::Pass), "{login:#?}");
    assert_eq!(words(&case, Channel::Login), "between 19.0 s and 20.0 s");

    // Tokens end at the same time. Whatever the login did to them, they were seen to count after it.
    let both = LetsIn { tokens: 19_500, logins: |at| at < 19_500, ..prompt };
    let (introspection, login, case, _) = that_lets_in(both).await;
    assert_eq!((introspection.verdict, login.verdict), (Verdict::Pass, Verdict::Pass), "{introspection:#?}");
    assert_eq!(words(&case, Channel::Introspection), "between 19.2 s and 19.6 s");
    for latency in &case.latencies {
        assert!(latency.took_ms.is_none_or(|took| took <= latency.deadline_ms), "{latency:?}");
    }

    // All others end at once: then nothing keeps the login from being tried.
    let (_, login, _, tries) = that_lets_in(LetsIn { tokens: 0, ..prompt }).await;
    assert_eq!((login.verdict, tries), (Verdict::Pass, 1));
}

#[tokio::test(start_paused = true)]
async fn what_a_later_step_looks_at_after_the_deadline_has_ended_at_an_unknown_time() {
    // UserInfo serves for ever; a later step looks at the refresh token, which is refused.
    let case = run_case("deactivation/revocation/during-a-refresh", |outgoing, since| {
        let served = outgoing.url.path() == "/oauth/userinfo" && since.is_some();
        (Duration::ZERO, served.then(|| answer(200, "{}")))
    })
    .await;
    assert_eq!(check(&case, "userinfo").verdict, Verdict::Fail);
    assert_eq!(check(&case, "refresh").verdict, Verdict::Pass);
    assert_eq!(words(&case, Channel::Refresh), "not told");
}

#[tokio::test(start_paused = true)]
async fn an_old_password_has_the_deadline_of_the_refresh_token() {
    // The refresh token lives on, and the old password is taken until ten seconds after the deadline.
    let case = run_case_with(
        "deactivation/return/password-changed",
        |outgoing, since| {
            let body = String::from_utf8_lossy(&outgoing.body).into_owned();
            let refreshes = since.is_some() && body.contains("grant_type=refresh_token");
            let tries = since.is_some_and(|since| since < DEADLINE + Duration::from_secs(10))
                && body.contains("grant_type=password");
            let tokens =
                || answer(200, r#"{"access_token":"new","refresh_token":"new","token_type":"Bearer"}"#);
            (Duration::ZERO, (refreshes || tries).then(tokens))
        },
        |_, oauth| {
            oauth.login = Some(LoginOptions::Password);
            oauth.other_logins = Vec::new();
        },
    )
    .await;
    for name in ["old-refresh-token", "old-password"] {
        assert!(check(&case, name).verdict >= Verdict::Warn, "{name}: {:#?}", check(&case, name));
    }
    assert_eq!(words(&case, Channel::Login), "never");
}
