//! The whole program against a real authorization server, django-oauth-toolkit beside django-scim2: what a deactivation
//! ends there, with the application's own revocation (`SCIM_REVOKE=1`) and with the libraries as shipped, through the
//! password grant and through the authorization code grant with PKCE and a login form.
#![cfg(unix)]

#[path = "support/process.rs"]
mod process;
#[path = "support/targets.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod real;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use real::RealTarget;
use scimcheck::model::{Finding, RunResult, Verdict};

/// A run takes a quarter of a minute; this only keeps a hang from taking the whole test with it.
const RUN_LIMIT: Duration = Duration::from_mins(10);
/// The channels that the libraries leave open as shipped. They refuse new logins of inactive accounts by themselves.
const LEFT_OPEN: [&str; 3] = ["introspection", "userinfo", "refresh"];

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Password,
    Form,
}

#[test]
fn revoking_through_the_password_grant() {
    verdicts("password", Way::Password, true);
}

#[test]
fn revoking_through_the_login_form() {
    verdicts("form", Way::Form, true);
}

#[test]
fn as_shipped_through_the_password_grant() {
    verdicts("password-as-shipped", Way::Password, false);
}

#[test]
fn as_shipped_through_the_login_form() {
    verdicts("form-as-shipped", Way::Form, false);
}

fn verdicts(name: &str, way: Way, revokes: bool) {
    let variables = [("SCIM_REVOKE", if revokes { "1" } else { "0" })];
    let target = match RealTarget::start_with("django-scim2", &variables) {
        Ok(Some(target)) => target,
        Ok(None) => return,
        Err(error) => panic!("{error}"),
    };
    let (result, said) = run(&target, way, revokes);
    let findings: Vec<_> = result
        .cases
        .iter()
        .filter(|case| case.id.starts_with("deactivation/") || case.id.starts_with("tokens/"))
        .flat_map(|case| &case.checks)
        .collect();
    let (revived, failing): (Vec<_>, Vec<_>) = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fail)
        .partition(|finding| finding.id.contains("#revived-"));
    let failing: BTreeSet<_> = failing.into_iter().map(channel).collect();
    let wanted = if revokes { BTreeSet::new() } else { BTreeSet::from(LEFT_OPEN) };
    assert_eq!(failing, wanted, "{said}");
    // Django looks whether the account is active whenever it meets a session, and keeps the session: it comes back with the
    // account. What the libraries leave open outlives the deactivation already, and cannot come back.
    let wanted: &[&str] = if way == Way::Form && !revokes { &["session"] } else { &[] };
    let revived: Vec<_> = revived.into_iter().map(channel).collect();
    assert_eq!(revived, wanted, "{said}");
    for channel in LEFT_OPEN {
        let latencies = result.revocation_latencies();
        let latency =
            latencies.iter().find(|latency| latency.channel.as_str() == channel).expect("it was measured");
        assert_eq!(
            latency.longest_ms.is_some() && latency.never == 0,
            revokes,
            "{channel}: {}",
            latency.in_words()
        );
    }
    let mut lines: Vec<_> = findings
        .iter()
        .map(|finding| format!("{:<14}  {}", finding.verdict.to_string(), finding.id))
        .collect();
    lines.sort();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/revocation");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(
        "The verdicts on django-scim2 with django-oauth-toolkit, which tests/revocation.rs explains",
    );
    settings.bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

/// The channel that a check looks at, by its name: `ended-refresh` looks at `refresh`.
fn channel(finding: &Finding) -> &str {
    let check = finding.id.split('#').nth(1).unwrap_or_default();
    check.rsplit('-').next().unwrap_or(check)
}

fn run(target: &RealTarget, way: Way, revokes: bool) -> (RunResult, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("scimcheck.toml"), configuration(target, way, revokes))
        .expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
    command
        .args([
            "run",
            "--suite",
            "deactivation",
            "--suite",
            "tokens",
            "--seed",
            "7",
            "--jobs",
            "4",
            "--output",
            "out",
        ])
        .env("SCIM_TOKEN", target.token())
        .env("CLIENT_SECRET", if way == Way::Password { "app-secret" } else { "web-secret" })
        .env("RS_SECRET", "rs-secret")
        .current_dir(folder.path());
    let output = process::output_within(&mut command, RUN_LIMIT).unwrap_or_else(|error| panic!("{error}"));
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}\n{said}", output.status);
    let mut written = said.clone();
    for file in ["results.json", "junit.xml", "report.html"] {
        written += &fs::read_to_string(folder.path().join("out").join(file)).expect("it was written");
    }
    for secret in ["app-secret", "web-secret", "rs-secret", "devtoken"] {
        assert!(!written.contains(secret), "{secret} stands in an output");
    }
    let text = fs::read_to_string(folder.path().join("out/results.json")).expect("it was written");
    assert_no_secret_of_a_login(&text);
    (serde_json::from_str(&text).expect("results.json has the documented form"), said)
}

/// What the server gave and what was sent stands nowhere: the members that hold it are masked.
fn assert_no_secret_of_a_login(results: &str) {
    let value: serde_json::Value = serde_json::from_str(results).expect("it is JSON");
    let mut open = vec![&value];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    let secret = ["access_token", "refresh_token", "id_token", "password", "code"]
                        .contains(&key.as_str());
                    if let Some(text) = value.as_str().filter(|text| secret && text.len() > 3) {
                        panic!("{key} is {text}");
                    }
                    open.push(value);
                }
            }
            serde_json::Value::Array(items) => open.extend(items),
            serde_json::Value::String(text) => {
                for mark in [
                    "csrftoken=",
                    "sessionid=",
                    "&code=",
                    "?code=",
                    "password=",
                    "refresh_token=",
                    "code_verifier=",
                ] {
                    let behind = text.split(mark).skip(1).find(|rest| !rest.starts_with("***"));
                    let behind = behind.filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
                    assert!(behind.is_none(), "{mark}{}", behind.unwrap_or_default());
                }
            }
            _ => {}
        }
    }
}

fn configuration(target: &RealTarget, way: Way, revokes: bool) -> String {
    let origin = target.base_url().strip_suffix("/scim/v2").expect("the base URL of the recipe");
    let login = match way {
        Way::Password => {
            "client_id = \"app-client\"\n[target.django.oauth.login]\nmethod = \"password\"\n".to_owned()
        }
        Way::Form => "client_id = \"web-client\"\n[target.django.oauth.login]\nmethod = \"form\"\n\
             redirect_uri = \"http://127.0.0.1/callback\"\n"
            .to_owned(),
    };
    let session = match way {
        Way::Form => format!("[target.django.oauth.session]\nurl = \"{origin}/account/\"\n"),
        Way::Password => String::new(),
    };
    format!(
        "[target.django]\nbase_url = \"{}\"\ntoken_env = \"SCIM_TOKEN\"\n\
         [target.django.oauth]\nissuer = \"{origin}/o\"\nintrospection_url = \"{origin}/o/introspect/\"\n\
         revocation_url = \"{origin}/o/revoke_token/\"\nclient_secret_env = \"CLIENT_SECRET\"\n\
         scopes = [\"openid\", \"profile\"]\ndeadline = \"{}\"\n{login}{session}\
         [target.django.oauth.introspection]\nclient_id = \"rs-client\"\nclient_secret_env = \"RS_SECRET\"\n",
        target.base_url(),
        if revokes { "60s" } else { "2s" },
    )
}
