//! Embeds every YAML file below `suites/` and `fixtures/faults/`, so that the binary needs no files beside it: the texts, for `lint` and
//! diagnostics, and the same as JSON, which is read in a fraction of the time. In the JSON, everything of a suite that
//! a report refers to has a `line`. What catches each fault (`fixtures/selftest/caught/`) is embedded as well.

#[path = "src/suite/tree.rs"]
mod tree;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::{Map, Value};
use tree::{Kind, Node};

/// Lists whose entries know their line.
const WITH_LINES: [&str; 5] = ["cases", "setup", "steps", "one_of", "checks"];

fn main() -> io::Result<()> {
    let project = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = project.join("suites");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/suite/tree.rs");
    println!("cargo:rerun-if-changed=suites");
    let mut files = Vec::new();
    collect(&root, "yaml", &mut files)?;
    let (mut texts, mut suites, mut catalogue) = (String::from("[\n"), String::from("[\n"), Vec::new());
    for file in &files {
        let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        writeln!(texts, "    ({name:?}, include_str!({:?})),", file.display().to_string())
            .expect("to memory");
        println!("cargo:rerun-if-changed={}", file.display());
        // A broken file still builds: `scimcheck lint` says what is wrong with it, and a test fails.
        let Ok(document) = tree::read(&fs::read_to_string(file)?) else {
            println!("cargo:warning={name} is not YAML");
            continue;
        };
        if name.starts_with("requirements/") {
            catalogue.push(value(document, Part::Data));
        } else {
            let json = value(document, Part::Root).to_string();
            writeln!(suites, "    ({name:?}, {json:?}),").expect("to memory");
        }
    }
    texts.push(']');
    suites.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded_texts.rs"), texts)?;
    fs::write(out.join("embedded_suites.rs"), suites)?;
    fs::write(out.join("embedded_catalogue.json"), Value::Array(catalogue).to_string())?;
    fs::write(out.join("embedded_faults.json"), named_data(&project.join("fixtures/faults"), "yaml")?)?;
    let unfailing = project.join("fixtures/selftest/unfailing.yaml");
    println!("cargo:rerun-if-changed={}", unfailing.display());
    let reasons = tree::read(&fs::read_to_string(unfailing)?).map_err(io::Error::other)?;
    fs::write(out.join("embedded_unfailing.json"), value(reasons, Part::Data).to_string())?;
    fs::write(
        out.join("embedded_caught.json"),
        named_data(&project.join("fixtures/selftest/caught"), "json")?,
    )
}

/// The files of a folder as one JSON array of names and contents. JSON is YAML as well.
fn named_data(folder: &Path, extension: &str) -> io::Result<String> {
    let mut files = Vec::new();
    collect(folder, extension, &mut files)?;
    let mut all = Vec::new();
    for file in &files {
        println!("cargo:rerun-if-changed={}", file.display());
        let name = file.strip_prefix(folder).expect("below the folder").to_string_lossy().into_owned();
        let text = fs::read_to_string(file)?;
        let data = match extension {
            "json" => serde_json::from_str(&text).map_err(|error| error.to_string()),
            _ => tree::read(&text).map(|node| value(node, Part::Data)).map_err(|error| error.to_string()),
        };
        match data {
            Ok(data) => all.push(Value::Array(vec![name.into(), data])),
            Err(error) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{}: {error}", file.display()),
                ));
            }
        }
    }
    Ok(Value::Array(all).to_string())
}

/// How much of a node the format of suites knows, as opposed to what is sent.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// The file itself.
    Root,
    /// An entry of a list that knows its lines, or the list.
    Entry,
    /// A body, a matrix, a requirement.
    Data,
}

fn value(node: Node, part: Part) -> Value {
    let line = node.0.referenced.line();
    match node.0.value {
        Kind::Scalar(value) => value,
        Kind::List(items) => items.into_iter().map(|item| value(item, part)).collect(),
        Kind::Map(members) => {
            let mut object = Map::new();
            if part == Part::Entry {
                object.insert("line".to_owned(), line.into());
            }
            for (name, node) in members {
                let list = WITH_LINES.contains(&name.value.as_str()) && matches!(node.0.value, Kind::List(_));
                let step = name.value == "step" && matches!(node.0.value, Kind::Map(_));
                let below = if part != Part::Data && (list || step) { Part::Entry } else { Part::Data };
                object.insert(name.value, value(node, below));
            }
            Value::Object(object)
        }
    }
}

/// All files of a kind below a folder, in the order of their names.
fn collect(folder: &Path, wanted: &str, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, wanted, files)?;
        } else if path.extension().is_some_and(|extension| extension == wanted) {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}
