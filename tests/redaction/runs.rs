//! Every kind of credential, every kind of end.

use std::process::Command;

use scimcheck::model::ReportFormat;
use serde_json::{Value, json};

use crate::echo::{self, Manner};
use crate::leak;
use crate::scimcheck_binary::{Done, Scratch};

/// Signs that URLs, JSON, HTML, XML, shells and Base64 escape.
const TOKEN: &str = "Zq7+x/T0k&<'w>\"\\%41~=$(id)`;e*==";
/// The second begins like the first.
const SHORT: &str = "Zq7prefix";
const LONG: &str = "Zq7prefixed-and-longer";
const PASSWORD: &str = "pä ss\"wörd\\<&>'%2F+\u{1f511}:x";
const SECRET: &str = "clïent/s3cr3t+\"&<%41 x";
const ACCESS: &str = "0btained-T0ken~.+/x==";
const PROXY: &str = "pr0xy-p4ss-w0rd";

const CASES: [&str; 7] = [
    "crud/create/minimal/*",
    "crud/read/unknown*",
    "auth/bearer-token/*",
    "crud/delete/gone/*",
    "discovery/*/*",
    "tokens/*/*",
    "deactivation/revocation/*",
];

/// A configuration with one target.
struct Setup {
    scratch: Scratch,
    origin: String,
    environment: Vec<(&'static str, String)>,
}

impl Setup {
    async fn new(manner: Manner, tables: &str, environment: &[(&'static str, &str)]) -> Self {
        let origin = echo::start(manner).await;
        let scratch = Scratch::new();
        let tables = tables.replace("ORIGIN", &origin);
        let config = format!(
            "default = \"t\"\n[target.t]\nbase_url = \"{origin}/v2\"\n{tables}\n[target.t.timeouts]\nrequest = \"5s\"\n"
        );
        std::fs::write(scratch.path().join("scimcheck.toml"), config).expect("the configuration");
        let environment = environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { scratch, origin, environment }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.scratch.command(arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command and looks for the secrets in its streams.
    async fn streams(&self, arguments: &[&str], secrets: &[&str]) -> Done {
        let done = Scratch::run(self.command(arguments)).await;
        let what = arguments.join(" ");
        leak::none_in(&done.stdout, secrets, &format!("standard output of {what}"));
        leak::none_in(&done.stderr, secrets, &format!("standard error of {what}"));
        assert_ne!(done.code, Some(70), "{done:#?}");
        done
    }

    /// A run with all its files, and the doctor.
    async fn whole_run(&self, secrets: &[&str]) {
        let mut arguments =
            vec!["run", "--output", "out", "--verbose", "--color", "always", "--format", "all"];
        arguments.extend(CASES.iter().flat_map(|case| ["--case", case]));
        let done = self.streams(&arguments, secrets).await;
        assert_eq!(done.code, Some(1), "the target echoes and refuses: {done:#?}");
        assert!(done.stdout.contains("***"), "something was echoed and masked");
        let files = leak::none_in_folder(&self.scratch.path().join("out"), secrets);
        assert!(
            files > ReportFormat::ALL.len(),
            "all reports and the ledger, of what the target only pretends to have made: {files}"
        );
        self.streams(&["doctor"], secrets).await;
        let ledger = self.scratch.ledger().expect("a ledger");
        self.streams(&["cleanup", ledger.to_str().expect("a path")], secrets).await;
    }

    /// A target that is not ready.
    async fn not_ready(&self, secrets: &[&str]) {
        for arguments in
            [&["run", "--output", "out"][..], &["doctor"], &["run", "--verbose", "--color", "always"]]
        {
            let done = self.streams(arguments, secrets).await;
            assert_eq!(done.code, Some(5), "{done:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bearer_token_from_the_environment() {
    let setup = Setup::new(Manner::Scim, "token_env = \"T\"", &[("T", TOKEN)]).await;
    setup.whole_run(&[TOKEN]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discovery_errors_that_echo_the_token() {
    let tables = "token_env = \"T\"\nheaders.X-Api-Key = { env = \"K\", credential = true }";
    let setup = Setup::new(Manner::NoDiscovery, tables, &[("T", TOKEN), ("K", LONG)]).await;
    setup.whole_run(&[TOKEN, LONG]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_begins_like_another_from_file_and_command() {
    let tables = "token_file = \"token\"\nheaders.X-Plain = { env = \"H\" }\n[target.t.credentials.read_only]\ntoken_command = \"cat longer\"";
    let setup = Setup::new(Manner::Scim, tables, &[("H", LONG)]).await;
    std::fs::write(setup.scratch.path().join("token"), format!(" {SHORT}\n")).expect("the token");
    std::fs::write(setup.scratch.path().join("longer"), format!("{LONG}\n")).expect("the token");
    setup.whole_run(&[SHORT, LONG]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_and_an_api_key() {
    let tables = "basic = { user = \"ada\", password_env = \"P\" }\nheaders.X-Api-Key = { env = \"K\", credential = true }";
    let setup = Setup::new(Manner::Scim, tables, &[("P", PASSWORD), ("K", TOKEN)]).await;
    setup.whole_run(&[PASSWORD, TOKEN]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_from_a_token_endpoint() {
    let tables = "oauth2 = { token_url = \"ORIGIN/token\", client_id = \"me\", client_secret_env = \"S\" }";
    let setup = Setup::new(Manner::TokenEndpoint(ACCESS), tables, &[("S", SECRET)]).await;
    setup.whole_run(&[SECRET, ACCESS]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(unix)]
async fn what_users_log_in_with_and_get() {
    const TOKENS: [&str; 3] = ["l0gin-t0ken&<x>/+~", "r3fresh\"t0ken%41'", "c00kie-value/+&<%41"];
    let tables = "token_env = \"T\"\n\
        [target.t.oauth]\ntoken_url = \"ORIGIN/token\"\nintrospection_url = \"ORIGIN/introspect\"\n\
        userinfo_url = \"ORIGIN/userinfo\"\nrevocation_url = \"ORIGIN/revoke\"\nclient_id = \"me\"\n\
        client_secret_env = \"S\"\ndeadline = \"200ms\"\n\
        [target.t.oauth.login]\nmethod = \"command\"\nlogin_command = \"cat tokens\"\n\
        [target.t.oauth.session]\nurl = \"ORIGIN/session\"\n\
        [target.t.oauth.resource]\nurl = \"ORIGIN/resource\"\n\
        [target.t.oauth.scim_client]\nclient_id = \"scim\"\nclient_secret_env = \"P\"\nauthentication = \"post\"";
    let secrets = [("T", TOKEN), ("S", SECRET), ("P", PASSWORD)];
    let setup = Setup::new(Manner::TokenEndpoint(ACCESS), tables, &secrets).await;
    let printed = json!({
        "access_token": TOKENS[0], "refresh_token": TOKENS[1], "session_cookie": format!("sid={}", TOKENS[2]),
    });
    std::fs::write(setup.scratch.path().join("tokens"), printed.to_string()).expect("the tokens");
    let secrets = [TOKEN, SECRET, PASSWORD, ACCESS, TOKENS[0], TOKENS[1], TOKENS[2]];
    setup.whole_run(&secrets).await;
    let results = std::fs::read_to_string(setup.scratch.path().join("out/results.json")).expect("results");
    assert!(results.contains("/userinfo") && results.contains("/introspect"), "users were logged in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_endpoint_that_refuses_with_an_echo() {
    for authentication in ["basic", "post"] {
        let tables = format!(
            "oauth2 = {{ token_url = \"ORIGIN/token\", client_id = \"me\", client_secret_env = \"S\", authentication = \"{authentication}\" }}"
        );
        let setup = Setup::new(Manner::TokenRefused, &tables, &[("S", SECRET)]).await;
        setup.not_ready(&[SECRET]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_a_proxy() {
    // The proxy is the target itself: it sees absolute URLs and `Proxy-Authorization`.
    let setup = Setup::new(Manner::Html, "token_env = \"T\"\nproxy_env = \"X\"", &[("T", TOKEN)]).await;
    let proxy = setup.origin.replace("http://", &format!("http://me:{PROXY}@"));
    let environment = setup.environment.iter().cloned().chain([("X", proxy)]).collect();
    let setup = Setup { environment, ..setup };
    setup.not_ready(&[PROXY, TOKEN]).await;
    let broken = [("X", format!("ftp://me:{PROXY}@127.0.0.1:1")), ("T", TOKEN.to_owned())].into();
    let setup = Setup { environment: broken, ..setup };
    setup.streams(&["run"], &[PROXY, TOKEN]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_is_not_ready() {
    for manner in [Manner::Unauthorized, Manner::Html] {
        let tables = "token_env = \"T\"\nheaders.X-Api-Key = { env = \"K\", credential = true }";
        let setup = Setup::new(manner, tables, &[("T", TOKEN), ("K", LONG)]).await;
        setup.not_ready(&[TOKEN, LONG]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_secret_is_a_mistake_and_masks_nothing() {
    let setup = Setup::new(Manner::Scim, "token_env = \"T\"", &[("T", "")]).await;
    let done = setup.streams(&["run"], &[]).await;
    assert!(matches!(done.code, Some(2 | 3)), "{done:#?}");
    assert!(!done.stderr.contains("***"), "{done:#?}");
}

#[test]
fn nothing_that_holds_secrets_shows_them_for_debugging() {
    use scimcheck::wire::{
        ClientCredentials, Credential, ExtraHeader, Live, LiveOptions, Redactor, TokenSource,
    };
    let base_url: url::Url = "http://127.0.0.1:1/v2".parse().expect("a URL");
    let mut options = LiveOptions::new(base_url.clone()).bearer(TOKEN);
    options.proxy = Some(format!("http://me:{PROXY}@127.0.0.1:1").into());
    options.headers = vec![ExtraHeader { name: "x-key".into(), value: LONG.into(), credential: true }];
    let grant = ClientCredentials {
        token_url: base_url,
        client_id: "me".into(),
        client_secret: SECRET.into(),
        scopes: Vec::new(),
        authentication: scimcheck::wire::ClientAuthentication::Post,
    };
    options.credentials.insert("a".into(), Credential::ClientCredentials(Box::new(grant)));
    options
        .credentials
        .insert("b".into(), Credential::Basic { user: "ada".into(), password: PASSWORD.into() });
    options.credentials.insert("c".into(), Credential::Bearer(TokenSource::Value(SHORT.into())));
    let secrets = [TOKEN, PROXY, LONG, SECRET, PASSWORD, SHORT];
    leak::none_in(&format!("{options:?} {options:#?}"), &secrets, "LiveOptions");
    let redactor = Redactor::default();
    let live = Live::new(options, &redactor).expect("a client");
    leak::none_in(&format!("{live:?} {redactor:?}"), &secrets, "Live");
}

/// Nobody outside knows the tokens of the embedded server, but what they look like: 32 hexadecimal digits in a row.
/// Besides them only its cursors do, and no case of these suites has one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tokens_of_the_embedded_server() {
    let scratch = Scratch::new();
    let suites = ["auth", "me", "tenancy", "security"];
    let mut arguments = vec!["run", "--output", "out", "--verbose", "--format", "all"];
    arguments.extend(suites.iter().flat_map(|suite| ["--suite", suite]));
    let done = Scratch::run(scratch.command(&arguments)).await;
    assert_eq!(done.code, Some(0), "{done:#?}");

    let results = scratch.results();
    let cases = results["cases"].as_array().expect("cases");
    for kind in ["read_only", "other_tenant", "user", "expired", "revoked"] {
        let feature = json!(format!("credential:{kind}"));
        assert_eq!(results["features"][feature.as_str().expect("a text")]["discovered"], true, "{kind}");
        let needs = |case: &&Value| case["requires"].as_array().is_some_and(|all| all.contains(&feature));
        let judged = cases.iter().filter(needs).filter(|case| case["verdict"] != "deselected");
        assert!(
            judged.into_iter().all(|case| case["verdict"] == "pass" || case["verdict"] == "info"),
            "{kind}: {done:#?}"
        );
    }

    let texts = ReportFormat::ALL.map(ReportFormat::file_name).map(|name| {
        std::fs::read_to_string(scratch.path().join("out").join(name)).expect("a report was written")
    });
    for text in texts.iter().chain([&done.stdout, &done.stderr]) {
        let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
        assert_eq!(words.find(|word| word.len() == 32), None, "this may be a token");
    }
}
