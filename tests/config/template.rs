//! What `scimcheck init` writes is a configuration, and so is every example in it.

use scimcheck::target::config::init_template;

use super::*;

/// Lines that begin with `#` and no space are examples.
fn is_example(line: &str) -> bool {
    line.starts_with('#') && line.len() > 1 && !line.starts_with("# ")
}

fn uncommented(template: &str, chosen: impl Fn(usize) -> bool) -> String {
    let lines = template.lines().enumerate();
    lines
        .map(|(at, line)| if is_example(line) && chosen(at) { &line[1..] } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn as_it_stands() {
    let config =
        resolve(Some(&file(&init_template(None))), &environment(&[("SCIM_TOKEN", "t")]), &Flags::default())
            .unwrap();
    assert_eq!((config.name.as_str(), secrets::token(&config).as_str()), ("local", "t"));
    let error = resolve(Some(&file(&init_template(None))), &environment(&[]), &Flags::default()).unwrap_err();
    assert!(shown(&error).contains("`SCIM_TOKEN` is not set"), "{}", shown(&error));
}

#[test]
fn with_every_example() {
    let template = init_template(None);
    let all = file(&uncommented(&template, |_| true));
    let names: Vec<_> = all.target_names().collect();
    assert_eq!(names, ["basic", "local", "production", "staging"]);
    let variables = [
        "SCIM_TOKEN",
        "SCIM_API_KEY",
        "SCIM_READ_ONLY_TOKEN",
        "SCIM_PASSWORD",
        "SCIM_CLIENT_SECRET",
        "LOGIN_CLIENT_SECRET",
    ]
    .map(|name| (name, "x"));
    for name in names {
        let flags = Flags { target: Some(name.to_owned()), ..Flags::default() };
        resolve(Some(&all), &environment(&variables), &flags)
            .unwrap_or_else(|error| panic!("{}", shown(&error)));
    }
}

#[test]
fn with_each_example_alone() {
    let template = init_template(None);
    let lines: Vec<_> = template.lines().collect();
    let mut blocks = 0;
    let mut at = 0;
    while at < lines.len() {
        if !is_example(lines[at]) {
            at += 1;
            continue;
        }
        let end = (at..lines.len()).find(|line| !is_example(lines[*line])).unwrap_or(lines.len());
        file(&uncommented(&template, |line| (at..end).contains(&line)));
        blocks += 1;
        at = end;
    }
    assert!(blocks >= 10, "{blocks}");
}

#[test]
fn with_a_profile() {
    let text = init_template(Some("kestra"));
    assert!(text.contains("\nprofile = \"kestra\"\n"));
    let config =
        resolve(Some(&file(&text)), &environment(&[("SCIM_TOKEN", "t")]), &Flags::default()).unwrap();
    assert_eq!(config.profile.as_deref(), Some("kestra"));
    file(&init_template(Some("\"quoted\"\\")));
}
