//! Secrets: where they come from, what is said when they are not there, and that they are never shown.

use scimcheck::target::config::TargetConfig;
use scimcheck::wire::{ClientAuthentication, Credential, LiveOptions, TokenSource};
use secrecy::{ExposeSecret, SecretString};

use super::*;

/// The bearer token that requests will carry.
pub(super) fn token(config: &TargetConfig) -> String {
    match config.live_options().unwrap_or_else(|error| panic!("{}", shown(&error))).credential {
        Some(Credential::Bearer(TokenSource::Value(token))) => token.expose_secret().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn target(lines: &str) -> ConfigFile {
    file(&format!("[target.t]\nbase_url = 'http://localhost/scim'\n{lines}"))
}

fn live(file: &ConfigFile, variables: &[(&str, &str)]) -> LiveOptions {
    let failed = |error: ConfigError| panic!("{}", shown(&error));
    let config = resolve(Some(file), &environment(variables), &Flags::default()).unwrap_or_else(failed);
    let options = config.live_options().unwrap_or_else(|error| panic!("{}", shown(&error)));
    let printed = format!("{config:?} {options:?} {file:?}");
    assert!(!printed.contains("s3cr3t"), "{printed}");
    options
}

#[test]
fn which_token_wins() {
    let file = target("token_env = 'OF_FILE'");
    let variables = [
        ("OF_FILE", " of-the-file\n"),
        ("SCIMCHECK_TOKEN", "of-the-environment"),
        ("OF_FLAG", "of-the-flag"),
    ];
    let with = |count: usize, flag: Option<&str>| {
        let flags = Flags { token_env: flag.map(str::to_owned), ..Flags::default() };
        token(&resolve(Some(&file), &environment(&variables[..count]), &flags).unwrap())
    };
    assert_eq!(with(1, None), "of-the-file");
    assert_eq!(with(2, None), "of-the-environment");
    assert_eq!(with(3, Some("OF_FLAG")), "of-the-flag");
    // The variable of the file need not be set if another layer has the token.
    let flags = Flags::default();
    let config = resolve(Some(&file), &environment(&variables[1..]), &flags).unwrap();
    assert_eq!(token(&config), "of-the-environment");
}

#[test]
fn a_token_of_the_environment_takes_the_place_of_any_credential() {
    let header =
        target("[target.t.headers]\nAuthorization = { env = 'UNSET' }\nX-Tenant = { value = 'a' }\n");
    let options = live(&header, &[("SCIMCHECK_TOKEN", "s3cr3t")]);
    assert_eq!(options.headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(), ["X-Tenant"]);
    let basic = target("[target.t.basic]\nuser = 'u'\npassword_env = 'UNSET'\n");
    assert!(matches!(live(&basic, &[("SCIMCHECK_TOKEN", "s3cr3t")]).credential, Some(Credential::Bearer(_))));
}

#[test]
#[cfg(unix)]
fn every_kind_of_credential() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("token", "s3cr3t-file\n"),
        ("password", " s3cr3t word\r\n"),
        ("cert.pem", "CERT s3cr3t"),
        ("key.pem", "KEY s3cr3t"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let text = r#"
        [target.t]
        base_url = "https://localhost/scim"
        token_file = "token"
        client_cert_file = "cert.pem"
        client_key_file = "key.pem"
        proxy_env = "PROXY_URL"

        [target.t.credentials.read_only]
        token_env = "READ_ONLY"

        [target.t.credentials.command]
        token_command = "echo of-the-command"

        [target.t.credentials.basic.basic]
        user = "ada"
        password_file = "password"

        [target.t.credentials.oauth2.oauth2]
        token_url = "https://login.localhost/token?tenant=a"
        client_id = "scimcheck"
        client_secret_command = "echo s3cr3t-client"
        scopes = ["scim.read", "scim.write"]
        authentication = "post"

        [target.t.headers]
        X-Tenant = { value = "acme" }
        X-Api-Key = { env = "API_KEY", credential = true }
        Cookie = { file = "token" }
        X-Other = { command = "echo s3cr3t-header" }
    "#;
    let file =
        ConfigFile::parse("scimcheck.toml", folder.path(), text).unwrap_or_else(|e| panic!("{}", shown(&e)));
    let options = live(
        &file,
        &[
            ("READ_ONLY", "s3cr3t-ro"),
            ("PROXY_URL", "http://u:s3cr3t@localhost:3128"),
            ("API_KEY", "s3cr3t-key"),
        ],
    );
    let exposed = |secret: &SecretString| secret.expose_secret().to_owned();
    let Some(Credential::Bearer(TokenSource::Value(token))) = &options.credential else {
        panic!("{options:?}")
    };
    assert_eq!(exposed(token), "s3cr3t-file");
    assert_eq!(options.client_identity.as_ref().map(exposed).as_deref(), Some("CERT s3cr3t\nKEY s3cr3t"));
    assert_eq!(options.proxy.as_ref().map(exposed).as_deref(), Some("http://u:s3cr3t@localhost:3128/"));
    match &options.credentials["read_only"] {
        Credential::Bearer(TokenSource::Value(token)) => assert_eq!(exposed(token), "s3cr3t-ro"),
        other => panic!("{other:?}"),
    }
    // A command that prints a token is run when it is needed first.
    match &options.credentials["command"] {
        Credential::Bearer(TokenSource::Command(command)) => assert_eq!(command, "echo of-the-command"),
        _ => panic!("not a command"),
    }
    match &options.credentials["basic"] {
        Credential::Basic { user, password } => {
            assert_eq!((user.as_str(), exposed(password).as_str()), ("ada", " s3cr3t word"));
        }
        other => panic!("{other:?}"),
    }
    match &options.credentials["oauth2"] {
        Credential::ClientCredentials(grant) => {
            assert_eq!(grant.token_url.as_str(), "https://login.localhost/token?tenant=a");
            assert_eq!(
                (grant.client_id.as_str(), exposed(&grant.client_secret).as_str()),
                ("scimcheck", "s3cr3t-client")
            );
            assert_eq!(grant.scopes, ["scim.read", "scim.write"]);
            assert_eq!(grant.authentication, ClientAuthentication::Post);
        }
        other => panic!("{other:?}"),
    }
    let headers: Vec<_> = options
        .headers
        .iter()
        .map(|header| (header.name.as_str(), exposed(&header.value), header.credential))
        .collect();
    assert_eq!(
        headers,
        [
            ("Cookie", "s3cr3t-file".to_owned(), true),
            ("X-Api-Key", "s3cr3t-key".to_owned(), true),
            ("X-Other", "s3cr3t-header".to_owned(), false),
            ("X-Tenant", "acme".to_owned(), false),
        ]
    );
}

#[test]
fn what_is_said_when_a_secret_is_not_there() {
    let all = "token_env = 'TOKEN'\nproxy_env = 'PROXY'\n\
               [target.t.credentials.other]\nbasic = { user = 'u', password_env = 'PASSWORD' }\n\
               [target.t.headers]\nX-Api-Key = { env = 'KEY', credential = true }\n";
    let variables = [("PASSWORD", ""), ("KEY", "s3cr3t\nX: y"), ("PROXY", "u:s3cr3t@proxy")];
    let unset = resolve(Some(&target(all)), &environment(&variables), &Flags::default()).unwrap_err();
    let told = format!("{}\n\n{unset}\n", shown(&unset));
    assert!(!format!("{told}{unset:?}").contains("s3cr3t"), "{told}");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("config-missing-secrets", told);
    });
}

#[test]
#[cfg(unix)]
fn what_is_said_when_a_file_or_command_gives_nothing() {
    let told: Vec<_> = [
        "token_file = 'no-such-token'",
        "token_file = '~/token'",
        "ca_file = 'no-such-ca.pem'",
        "basic = { user = 'u', password_command = 'echo s3cr3t >&2; exit 3' }",
        "basic = { user = 'u', password_command = 'true' }",
        "headers = { X-A = { command = 'echo s3cr3t; echo b' } }",
    ]
    .into_iter()
    .map(|lines| {
        let config = resolve(Some(&target(lines)), &environment(&[]), &Flags::default()).unwrap();
        shown(&config.live_options().unwrap_err())
    })
    .collect();
    let told = told.join("\n");
    assert!(!told.contains("s3cr3t"), "{told}");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("config-failing-sources", told);
    });
}
