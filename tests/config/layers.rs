//! File < environment < flags.

use std::time::Duration;

use serde_json::json;

use super::*;

const TWO: &str = r#"
default = "staging"

[target.staging]
base_url = "https://staging.example.com/scim/"
token_env = "STAGING_TOKEN"
profile = "stackit"
jobs = 3
max_rate = 2.5
max_body = "1MiB"
domain = "staging.example.com"
ca_file = "certificates/ca.pem"

[target.staging.timeouts]
connect = "1s"
request = "2s"
case = "3s"
run = "4m"
retry = "0s"

[target.staging.features]
patch = false
"resource:Group" = true

[target.staging.overrides.User]
userName = "${unique}@${domain}"
name = { givenName = "Ada", familyName = "L" }
remove = ["nickName"]

[target.open]
base_url = "http://127.0.0.1:8080"
"#;

#[test]
fn the_file_alone() {
    let staging = resolve(
        Some(&file(TWO)),
        &environment(&[("STAGING_TOKEN", "t"), ("SCIMCHECK_JOBS", ""), ("SCIMCHECK_TARGET", "")]),
        &Flags::default(),
    )
    .unwrap();
    assert_eq!(staging.name, "staging");
    assert_eq!(staging.base_url.as_str(), "https://staging.example.com/scim");
    assert_eq!((staging.jobs, staging.seed, staging.domain.as_str()), (3, None, "staging.example.com"));
    assert_eq!(staging.profile.as_deref(), Some("stackit"));
    assert_eq!(staging.case_timeout, Duration::from_secs(3));
    assert_eq!(staging.run_timeout, Some(Duration::from_mins(4)));
    assert_eq!(json!(staging.feature_overrides), json!({ "patch": false, "resource:Group": true }));
    assert_eq!(
        json!(staging.overrides).to_string(),
        r#"{"User":{"userName":"${unique}@${domain}","name":{"givenName":"Ada","familyName":"L"},"nickName":null}}"#
    );
}

#[test]
fn defaults() {
    let flags = Flags { target: Some("open".into()), ..Flags::default() };
    let open = resolve(Some(&file(TWO)), &environment(&[]), &flags).unwrap();
    assert_eq!((open.jobs, open.domain.as_str(), open.run_timeout), (8, "example.com", None));
    assert_eq!((open.case_timeout, open.has_credential()), (Duration::from_mins(1), false));
    let live = open.live_options().unwrap();
    assert_eq!(live.base_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(
        (live.connect_timeout, live.request_timeout),
        (Duration::from_secs(5), Duration::from_secs(30))
    );
    assert_eq!((live.max_body, live.max_rate), (4 << 20, None));
    assert!(live.credential.is_none() && live.headers.is_empty() && live.ca_pem.is_none());
}

#[test]
fn the_environment_wins_over_the_file_and_flags_win_over_both() {
    let variables = [
        ("STAGING_TOKEN", "of-the-file"),
        ("SCIMCHECK_TARGET", "staging"),
        ("SCIMCHECK_JOBS", "5"),
        ("SCIMCHECK_SEED", "7"),
        ("SCIMCHECK_MAX_RATE", "0.5"),
    ];
    let environment = environment(&variables);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("certificates")).unwrap();
    std::fs::write(folder.path().join("certificates/ca.pem"), "of the file").unwrap();
    std::fs::write(folder.path().join("ca.pem"), "of the flag").unwrap();
    let file = ConfigFile::parse("scimcheck.toml", folder.path(), TWO).unwrap();

    let config = resolve(Some(&file), &environment, &Flags::default()).unwrap();
    assert_eq!((config.jobs, config.seed), (5, Some(7)));
    let live = config.live_options().unwrap();
    assert_eq!((live.max_rate, live.max_body), (Some(0.5), 1 << 20));
    assert_eq!(
        (live.connect_timeout, live.request_timeout),
        (Duration::from_secs(1), Duration::from_secs(2))
    );
    assert_eq!(live.retry_budget, Duration::ZERO);
    assert_eq!(live.ca_pem.as_deref(), Some(&b"of the file"[..]));

    let flags = Flags {
        profile: Some("kestra".into()),
        jobs: Some(6),
        seed: Some(8),
        max_rate: Some(100.0),
        max_body: Some(2048),
        connect_timeout: Some(Duration::from_millis(10)),
        request_timeout: Some(Duration::from_millis(20)),
        case_timeout: Some(Duration::from_millis(30)),
        run_timeout: Some(Duration::from_millis(40)),
        domain: Some("flag.example.com".into()),
        ca_file: Some(folder.path().join("ca.pem")),
        features: [("patch".to_owned(), true), ("bulk".to_owned(), false)].into(),
        ..Flags::default()
    };
    let config = resolve(Some(&file), &environment, &flags).unwrap();
    assert_eq!((config.jobs, config.seed, config.profile.as_deref()), (6, Some(8), Some("kestra")));
    assert_eq!(config.case_timeout, Duration::from_millis(30));
    assert_eq!(config.run_timeout, Some(Duration::from_millis(40)));
    assert_eq!(config.domain, "flag.example.com");
    assert_eq!(
        json!(config.feature_overrides),
        json!({ "bulk": false, "patch": true, "resource:Group": true })
    );
    let live = config.live_options().unwrap();
    assert_eq!((live.max_rate, live.max_body), (Some(100.0), 2048));
    assert_eq!(live.connect_timeout, Duration::from_millis(10));
    assert_eq!(live.request_timeout, Duration::from_millis(20));
    assert_eq!(live.ca_pem.as_deref(), Some(&b"of the flag"[..]));
}

#[test]
fn which_target_is_meant() {
    let one = "[target.only]\nbase_url = 'http://localhost'\n";
    let two = TWO.replace("default = \"staging\"", "");
    let reference = TWO.replace("default = \"staging\"", "default = \"reference\"");
    let chosen = |text: Option<&str>, variable: &str, flag: Option<&str>| {
        let file = text.map(file);
        let flags = Flags { target: flag.map(str::to_owned), ..Flags::default() };
        select(file.as_ref(), &environment(&[("SCIMCHECK_TARGET", variable)]), &flags)
    };
    let named = |name: &str| Selection::Named(name.to_owned());
    let url = |url: &str| Selection::Url(url.parse().unwrap());
    assert_eq!(chosen(None, "", None).unwrap(), Selection::Reference);
    assert_eq!(chosen(Some(""), "", None).unwrap(), Selection::Reference);
    assert_eq!(chosen(Some(one), "", None).unwrap(), named("only"));
    assert_eq!(chosen(Some(TWO), "", None).unwrap(), named("staging"));
    assert_eq!(chosen(Some(&reference), "", None).unwrap(), Selection::Reference);
    assert_eq!(chosen(Some(TWO), "open", None).unwrap(), named("open"));
    assert_eq!(chosen(Some(TWO), "open", Some("staging")).unwrap(), named("staging"));
    assert_eq!(chosen(Some(TWO), "open", Some("reference")).unwrap(), Selection::Reference);
    assert_eq!(chosen(Some(TWO), "http://h/a/", None).unwrap(), url("http://h/a"));
    assert_eq!(chosen(None, "open", Some("https://h:8443/")).unwrap(), url("https://h:8443"));

    let wrong = [
        (Some(&*two), "", None),
        (Some(TWO), "", Some("stagin")),
        (Some(TWO), "production", None),
        (Some(""), "", Some("staging")),
        (None, "", Some("staging")),
        (None, "", Some("scim:s3cr3t@example.com/v2")),
        (None, "https://scim:s3cr3t@example.com/v2", None),
        (None, "", Some("https://example.com/v2?token=s3cr3t")),
        (None, "", Some("")),
    ];
    let told: Vec<_> = wrong
        .into_iter()
        .map(|(text, variable, flag)| shown(&chosen(text, variable, flag).unwrap_err()))
        .collect();
    let told = told.join("\n\n");
    assert!(!told.contains("s3cr3t"), "{told}");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("config-wrong-target", told);
    });
}

#[test]
fn without_a_target_there_is_no_configuration_but_the_reference_server_can_be_one() {
    let nothing = environment(&[("SCIMCHECK_TOKEN", "of-the-environment")]);
    let error = resolve(None, &nothing, &Flags::default()).unwrap_err();
    assert!(matches!(error, ConfigError::NoTarget), "{error}");
    let flags = Flags {
        target: Some("http://127.0.0.1:4711/v2".into()),
        token: Some("of-the-server".into()),
        ..Flags::default()
    };
    let config = resolve(None, &nothing, &flags).unwrap();
    assert_eq!((config.name.as_str(), config.has_credential()), ("127.0.0.1:4711", true));
    assert_eq!(secrets::token(&config), "of-the-server");
}

#[test]
fn values_that_mean_nothing() {
    let of_variable = |name: &str, text: &str| {
        let flags = Flags { target: Some("http://localhost".into()), ..Flags::default() };
        shown(&resolve(None, &environment(&[(name, text)]), &flags).unwrap_err())
    };
    let of_flags = |change: &dyn Fn(&mut Flags)| {
        let mut flags = Flags { target: Some("http://localhost".into()), ..Flags::default() };
        change(&mut flags);
        shown(&resolve(None, &environment(&[("EMPTY", "")]), &flags).unwrap_err())
    };
    let told = [
        of_variable("SCIMCHECK_JOBS", "many"),
        of_variable("SCIMCHECK_JOBS", "0"),
        of_variable("SCIMCHECK_SEED", "-1"),
        of_variable("SCIMCHECK_MAX_RATE", "NaN"),
        of_variable("SCIMCHECK_TOKEN", "Bearer s3cr3t"),
        of_variable("SCIMCHECK_TOKEN", " \n"),
        of_flags(&|flags| flags.jobs = Some(0)),
        of_flags(&|flags| flags.max_rate = Some(-1.0)),
        of_flags(&|flags| flags.max_body = Some(1)),
        of_flags(&|flags| flags.case_timeout = Some(Duration::MAX)),
        of_flags(&|flags| flags.domain = Some("@".into())),
        of_flags(&|flags| flags.features = [("pach".to_owned(), true)].into()),
        of_flags(&|flags| flags.token_env = Some("UNSET".into())),
        of_flags(&|flags| flags.token_env = Some("EMPTY".into())),
        of_flags(&|flags| flags.token_env = Some("eyJhbGciOi1.s3cr3t".into())),
    ]
    .join("\n\n");
    assert!(!told.contains("s3cr3t"), "{told}");
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("config-wrong-values", told);
    });
}

#[test]
fn the_file_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let find = |flag: Option<&str>, variable: &str| {
        scimcheck::target::config::find(
            flag.map(Path::new),
            &environment(&[("SCIMCHECK_CONFIG", variable)]),
            folder.path(),
        )
    };
    assert_eq!(find(None, ""), None);
    let here = folder.path().join("scimcheck.toml");
    std::fs::write(&here, "\u{feff}[target.a]\nbase_url = 'http://localhost'\n").unwrap();
    assert_eq!(find(None, ""), Some(here.clone()));
    assert_eq!(find(None, "b.toml"), Some("b.toml".into()));
    assert_eq!(find(Some("a.toml"), "b.toml"), Some("a.toml".into()));

    let loaded = ConfigFile::load(&here).unwrap();
    assert_eq!(loaded.target_names().collect::<Vec<_>>(), ["a"]);
    let error = ConfigFile::load(&folder.path().join("none.toml")).unwrap_err();
    assert!(matches!(error, ConfigError::Read { .. }) && error.to_string().contains("none.toml"), "{error}");
    std::fs::write(&here, vec![b'#'; 300_000]).unwrap();
    assert!(ConfigFile::load(&here).unwrap_err().to_string().contains("larger than"));
}
