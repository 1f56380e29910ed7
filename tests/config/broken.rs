//! One mistake per file of `fixtures/broken-configs/`.

use super::{ConfigFile, Path, shown};

#[test]
fn every_mistake_is_shown_at_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broken-configs");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 30, "{}", paths.len());
    for path in paths {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let name = format!("broken-configs/{stem}.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let error = ConfigFile::parse(&name, Path::new("."), &text).expect_err(stem);
        assert_eq!(error.diagnostics().len(), 1, "{}", shown(&error));
        let text = shown(&error);
        for secret in [text.clone(), format!("{error} {error:?}")] {
            assert!(!secret.contains("s3cr3t"), "{stem}: {secret}");
        }
        let mistake = &error.diagnostics()[0];
        let place = format!("{name}:{}:{}", mistake.place.line, mistake.place.column);
        assert!(text.contains(&place), "{place} is not in\n{text}");
        insta::with_settings!({ snapshot_path => "../snapshots/broken-configs", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(stem, text);
        });
    }
}

#[test]
fn all_mistakes_of_a_file_are_shown_at_once() {
    let text = "default = 'x'\n[target.a]\nbase_url = 'ftp://h'\njobs = 'y'\ntoken = 's3cr3t'\n[target.b]\ndomain = '@'\n";
    let error = ConfigFile::parse("scimcheck.toml", Path::new("."), text).unwrap_err();
    let found: Vec<_> = error.diagnostics().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "scimcheck.toml:1:11: there is no target `x`",
            "scimcheck.toml:3:12: the scheme of the URL is neither `https` nor `http`",
            "scimcheck.toml:4:8: `\"y\"` is not what `jobs` can be",
            "scimcheck.toml:5:1: `token` would put a secret into the file",
            "scimcheck.toml:6:1: `base_url` is missing",
            "scimcheck.toml:7:10: not a domain",
        ]
    );
}

/// Whatever else is wrong with the line or the file: a secret under a telling key is not shown.
#[test]
fn no_shape_of_a_literal_secret_is_shown() {
    let before = [
        "",
        "[target.t]\n",
        "[target.t.headers]\n",
        "[target.t]\nbasic = { ",
        "[[target.t.headers]]\n",
        "jobs == 3\n",
        "a = [\n",
    ];
    let keys = [
        "token",
        "\"access-token\"",
        "target.t.password",
        "client_secret",
        "X-Api-Key",
        "Authorization",
        "tokn",
        "token_env",
        "headers.X.value",
    ];
    let separators = [
        " = \"",
        "='",
        " = ",
        ": ",
        " = \"\"\"\n",
        " = [\"",
        " = { value = \"",
        " = \"Bearer ",
        " = \"a\\u0041",
    ];
    let after = ["\"", "'", "", "\"\"\"", "\"]", "\" }", " x = 1", "\n[x", "\", user = 3 }\njobs = 0"];
    let secret = "s3cr3t-A.b";
    let mut shapes = 0;
    for (before, key) in before.iter().flat_map(|before| keys.map(|key| (before, key))) {
        for (separator, after) in
            separators.iter().flat_map(|separator| after.map(|after| (separator, after)))
        {
            let text = format!("{before}{key}{separator}{secret}{after}\n");
            let Err(error) = ConfigFile::parse("scimcheck.toml", Path::new("."), &text) else { continue };
            let told = format!("{}\n{error}\n{error:?}", shown(&error));
            assert!(!told.contains("s3cr3t"), "{text}\n---\n{told}");
            shapes += 1;
        }
    }
    assert!(shapes > 5000, "{shapes}");
}
