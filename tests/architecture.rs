//! The layers of ARCHITECTURE.md, enforced by reading the source: imports go down only, what must be pure is pure, and
//! the two oracles stay apart. Test modules may import anything.

#[path = "support/lexer.rs"]
mod lexer;
#[path = "support/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use source::{Reference, SourceFile};

/// Every module below the crate root and its layer. A module imports itself and the layers below its own.
const LAYERS: [(&str, u8); 12] = [
    ("model", 0),
    ("scim", 1),
    ("suite", 2),
    ("check", 3),
    ("wire", 3),
    ("target", 4),
    ("run", 5),
    ("server", 5),
    ("report", 6),
    ("harness", 7),
    ("selftest", 7),
    ("cli", 8),
];

/// Modules that may import less than their layer allows, and why.
const NARROWER: [(&str, &[&str], &str); 2] = [
    ("server", &["scim", "model"], "the reference server must not share code with what judges it"),
    (
        "report",
        &["model", "suite::catalogue", "suite::faults"],
        "every report is a function of the redacted RunResult",
    ),
];

/// Modules that do no I/O and are not asynchronous.
const PURE: [&str; 3] = ["model", "scim", "check"];
const IMPURE: [&str; 10] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "tokio",
    "reqwest",
    "hyper",
    "axum",
];

/// What only `cli` may use: the environment, the terminal, the process.
const PROCESS_WIDE: [&str; 9] = [
    "std::env",
    "std::process::exit",
    "std::process::abort",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::io::IsTerminal",
    "anstream",
    "clap",
];

/// Our implementations of PATCH and of filters: what a suite expects is never computed with them.
const ORACLE: [&str; 4] =
    ["scim::patch", "scim::filter::evaluate", "scim::filter::matches", "scim::filter::element_matches"];
const JUDGES: [&str; 2] = ["check", "run"];

/// Lines of a file without its tests. Most files should have 80 to 350; this is where two subjects have grown together.
const LONGEST: usize = 600;
/// Longer files, with the number of lines that they may have and the reason.
const LONGER: [(&str, usize, &str); 1] = [(
    "suite/format.rs",
    900,
    "the whole suite language in one place, as types; half of it is its reference text",
)];

#[test]
fn the_layers_hold() {
    let files = read_all();
    assert!(files.len() > 50, "only {} files were read", files.len());
    let mistakes: Vec<_> = files.iter().flat_map(mistakes).collect();
    assert!(mistakes.is_empty(), "{} mistakes:\n  {}\n", mistakes.len(), mistakes.join("\n  "));
}

#[test]
fn every_exception_is_needed() {
    let files = read_all();
    let stale = |(path, _, _): &&(&str, usize, &str)| {
        files.iter().find(|file| file.path == *path).is_none_or(|file| file.lines <= LONGEST)
    };
    let stale: Vec<_> = LONGER.iter().filter(stale).collect();
    assert!(stale.is_empty(), "these files are not too long any more, or are gone: {stale:?}");
}

/// Every file of `src/` that is not test code.
fn read_all() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let read = |path: &std::path::PathBuf| {
        let below = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
        SourceFile::parse(&below, &fs::read_to_string(path).expect("source is UTF-8"))
    };
    let files: Vec<_> = paths.iter().map(read).collect();
    let tests: Vec<_> = files.iter().flat_map(|file| file.test_modules.clone()).collect();
    files.into_iter().filter(|file| !tests.iter().any(|test| file.module.starts_with(test))).collect()
}

fn collect(folder: &Path, paths: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of src") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
}

/// Everything that is wrong with a file, one line each: where, what, why.
fn mistakes(file: &SourceFile) -> Vec<String> {
    let Some(own) = file.module.first() else {
        // The crate root and the binary: they join the layers and do nothing else.
        return Vec::new();
    };
    if rank(own).is_none() {
        return vec![format!("src/{}: `{own}` has no layer in tests/architecture.rs", file.path)];
    }
    let mut found = Vec::new();
    for reference in file.references() {
        found.extend(
            why_forbidden(own, &reference).map(|why| (reference.line, reference.path.join("::"), why)),
        );
    }
    let mut macros = |names: &[&str], why: &str| {
        found.extend(
            file.macros(names).into_iter().map(|(line, name)| (line, format!("{name}!"), why.to_owned())),
        );
    };
    macros(&["todo", "unimplemented", "dbg"], "unfinished code is not called done");
    if own != "cli" {
        macros(&["print", "println", "eprint", "eprintln"], "only `cli` writes to the terminal");
    }
    if PURE.contains(&own.as_str()) {
        let words = file.words(&["async", "await"]).into_iter();
        found
            .extend(words.map(|(line, word)| (line, word, format!("`{own}` is pure: nothing asynchronous"))));
    }
    found.sort();
    found.dedup();
    let place =
        |(line, what, why): (usize, String, String)| format!("src/{}:{line}: `{what}`: {why}", file.path);
    found.into_iter().map(place).chain(too_long(file)).collect()
}

fn rank(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

fn too_long(file: &SourceFile) -> Option<String> {
    let exception = LONGER.iter().find(|(path, _, _)| *path == file.path);
    let limit = exception.map_or(LONGEST, |(_, limit, _)| *limit);
    (file.lines > limit).then(|| {
        format!(
            "src/{}: {} lines without tests, more than {limit}: split it by subject",
            file.path, file.lines
        )
    })
}

/// Why the module `own` must not refer to this, if it must not.
fn why_forbidden(own: &str, reference: &Reference) -> Option<String> {
    let path = reference.path.join("::");
    match path.strip_prefix("crate::") {
        Some(inner) => why_layer_forbids(own, inner).or_else(|| why_oracle_forbids(own, inner)),
        None if path == "crate" => Some("import the module that is meant, not the crate".to_owned()),
        None => why_outside_forbidden(own, &path),
    }
}

fn why_layer_forbids(own: &str, inner: &str) -> Option<String> {
    let other = inner.split("::").next().unwrap_or_default();
    if other == own {
        return None;
    }
    let (Some(mine), Some(theirs)) = (rank(own), rank(other)) else {
        return Some("name the module that is meant: nothing is imported from the crate root".to_owned());
    };
    if let Some((_, allowed, why)) = NARROWER.iter().find(|(name, _, _)| *name == own) {
        let fits = allowed.iter().any(|prefix| begins(inner, prefix));
        return (!fits).then(|| format!("`{own}` imports only {}: {why}", allowed.join(" and ")));
    }
    (theirs >= mine).then(|| {
        format!("`{own}` (layer {mine}) must not import `{other}` (layer {theirs}): imports go down only")
    })
}

fn why_oracle_forbids(own: &str, inner: &str) -> Option<String> {
    let hides = |oracle: &&str| inner.strip_suffix("::*").is_some_and(|module| begins(oracle, module));
    let named = ORACLE.iter().any(|oracle| begins(inner, oracle)) || ORACLE.iter().any(hides);
    (JUDGES.contains(&own) && named).then(|| {
        format!(
            "`{own}` judges by what suites state literally, never by our own PATCH or evaluation of filters"
        )
    })
}

fn why_outside_forbidden(own: &str, path: &str) -> Option<String> {
    let any = |list: &[&str]| {
        let hides = |item: &str| {
            path.strip_suffix("::*").is_some_and(|module| module != "std" && begins(item, module))
        };
        list.iter().any(|item| begins(path, item) || hides(item))
    };
    if PURE.contains(&own) && any(&IMPURE) {
        return Some(format!("`{own}` is pure: no I/O, no processes, nothing asynchronous"));
    }
    (own != "cli" && any(&PROCESS_WIDE))
        .then(|| "only `cli` reads the environment, looks at a terminal, or ends the process".to_owned())
}

/// Whether a path is `prefix` or goes on from it.
fn begins(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Places (`LINE PATH`) of the mistakes that are found in a planted file.
fn planted(path: &str, text: &str) -> Vec<String> {
    let shorten = |mistake: String| {
        mistake.split(": ").next().unwrap_or_default().to_owned()
            + " "
            + mistake.split('`').nth(1).unwrap_or_default()
    };
    mistakes(&SourceFile::parse(path, text)).into_iter().map(shorten).collect()
}

#[test]
fn an_import_upwards_is_found_however_it_is_written() {
    let cases = [
        ("use crate::run::Plan;", "crate::run::Plan"),
        ("use crate::{model::Verdict, run::{Plan, plan as p}};", "crate::run::Plan"),
        ("pub use super::super::run::Plan;", "crate::run::Plan"),
        ("use super::{super::run::*};", "crate::run::*"),
        ("mod inner { use super::super::super::run::Plan; }", "crate::run::Plan"),
        ("fn f() -> Vec::<crate::run::Plan> { todo() }", "crate::run::Plan"),
        ("fn f() { g(r\"\\\", '\"', crate::run::X) }", "crate::run::X"),
        ("use crate as root;", "crate"),
        ("use crate::*;", "crate::*"),
        ("type T<'a> = &'a crate::run::Plan;", "crate::run::Plan"),
    ];
    for (text, path) in cases {
        let found = planted("check/deep.rs", text);
        assert_eq!(found.first(), Some(&format!("src/check/deep.rs:1 {path}")), "{text}\n{found:#?}");
    }
}

#[test]
fn what_is_allowed_or_not_code_is_not_found() {
    let cases = [
        "use crate::{model::Verdict, scim::{self, filter::Filter}, suite::Source};",
        "use super::judge::{self, judge};",
        "// use crate::run::Plan;\n/* crate::run /* nested */ crate::run::X */ //! crate::cli::main",
        "const A: &str = \"crate::run::Plan \\\" crate::run::X\"; const B: &[u8] = br#\"\" crate::run::X\"#;",
        "#[cfg(test)]\n#[allow(x)]\nmod tests { use crate::run::Plan; mod deep { fn f() { std::fs::read(\"\") } } }",
        "#[cfg(test)]\nuse crate::run::Plan;\nconst X: u8 = 1;",
        "#[cfg(all(test, unix))]\nfn f(x: [u8; 2]) { println!(\"{}\", crate::run::x()) }",
        "fn f() { filter.matches(x); println(1); patch::apply() } pub(crate) struct A;",
        "const C: [char; 3] = ['\\'', '\"', '{']; fn f<'a>(x: &'a str) {}",
    ];
    for text in cases {
        assert_eq!(planted("check/deep.rs", text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_line_is_that_of_the_path() {
    let text = "/* two\nlines */\nuse crate::{\n    model::Verdict,\n    cli::main,\n};\n";
    assert_eq!(planted("run/mod.rs", text), ["src/run/mod.rs:5 crate::cli::main"]);
}

#[test]
fn code_after_a_test_module_is_read_again() {
    let text = "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\nuse crate::cli::main;\n";
    assert_eq!(planted("run/mod.rs", text), ["src/run/mod.rs:5 crate::cli::main"]);
    let inner = "mod tests {\n    #![cfg(test)]\n}\nuse crate::cli::main;\n";
    assert_eq!(planted("run/mod.rs", inner), ["src/run/mod.rs:4 crate::cli::main"]);
    let whole = "//! Tests.\n#![allow(x)]\n#![cfg(test)]\nuse crate::cli::main;\n";
    assert_eq!(planted("run/mod.rs", whole), Vec::<String>::new());
    let file = SourceFile::parse("run/mod.rs", "#[cfg(test)]\npub(crate) mod testing;\n\nfn f() {}\n");
    assert_eq!((file.test_modules, file.lines), (vec![vec!["run".to_owned(), "testing".to_owned()]], 2));
}

#[test]
fn what_must_be_pure_is_watched() {
    let text =
        "use std::{fmt, fs};\nasync fn f() {}\nuse tokio as t;\nfn g() { std::net::TcpStream::connect(1) }\n";
    assert_eq!(
        planted("scim/x.rs", text),
        [
            "src/scim/x.rs:1 std::fs",
            "src/scim/x.rs:2 async",
            "src/scim/x.rs:3 tokio",
            "src/scim/x.rs:4 std::net::TcpStream::connect"
        ]
    );
    assert_eq!(planted("scim/x.rs", "use tokio::time as t;"), ["src/scim/x.rs:1 tokio::time"]);
    assert_eq!(planted("wire/x.rs", text), Vec::<String>::new());
}

#[test]
fn only_the_command_line_touches_the_process() {
    let text = "use std::{env, io};\nfn f() { io::stderr(); eprintln!(); std::process::exit(1) }\nuse std::process::Stdio;";
    let expected = ["1 std::env", "2 eprintln!", "2 std::io::stderr", "2 std::process::exit"]
        .map(|at| format!("src/run/x.rs:{at}"));
    assert_eq!(planted("run/x.rs", text), expected);
    assert_eq!(planted("cli/x.rs", text), Vec::<String>::new());
}

#[test]
fn the_oracles_stay_apart() {
    let text = "use crate::scim::{filter, patch::apply};\nfn f() { filter::matches(x); filter::parse(x) }\nuse crate::scim::*;\n";
    let expected = ["1 crate::scim::patch::apply", "2 crate::scim::filter::matches", "3 crate::scim::*"];
    assert_eq!(planted("run/x.rs", text), expected.map(|at| format!("src/run/x.rs:{at}")));
    assert_eq!(planted("server/x.rs", text), Vec::<String>::new());
}

#[test]
fn server_and_report_import_less_than_their_layer_allows() {
    let text = "use crate::suite::format::Case;\nuse crate::suite::catalogue::Catalogue;\nuse crate::wire::redact;\n";
    let server =
        ["1 crate::suite::format::Case", "2 crate::suite::catalogue::Catalogue", "3 crate::wire::redact"];
    assert_eq!(planted("server/x.rs", text), server.map(|at| format!("src/server/x.rs:{at}")));
    let report = ["1 crate::suite::format::Case", "3 crate::wire::redact"];
    assert_eq!(planted("report/x.rs", text), report.map(|at| format!("src/report/x.rs:{at}")));
}

#[test]
fn a_long_file_and_a_module_without_a_layer_are_found() {
    let long = "fn f() {}\n".repeat(LONGEST + 1);
    assert!(mistakes(&SourceFile::parse("run/x.rs", &long))[0].contains("601 lines"));
    assert!(mistakes(&SourceFile::parse("util/x.rs", ""))[0].contains("`util` has no layer"));
    assert_eq!(planted("run/x.rs", "fn f() { todo!() }"), ["src/run/x.rs:1 todo!"]);
}
