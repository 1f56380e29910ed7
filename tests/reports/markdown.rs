//! Markdown and annotations: the most important first, bounded, and only text from a target.

use scimcheck::model::{RunResult, SourceRef, Verdict};
use scimcheck::report::{annotations, diff, markdown};

use crate::fixture::{self, huge_result};
use crate::{large, snapshot};

#[test]
fn for_a_comment() {
    snapshot("markdown", &markdown::render(&fixture::rich()));
}

#[test]
fn the_most_important_stands_first() {
    let text = markdown::render(&fixture::rich());
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    let order = [
        "## FAIL",
        "| Cases |",
        "### Looks like",
        "### What is broken",
        "`patch/remove/member-by-value-filter#other-member-kept`",
        "`errors/not-found#status`",
        "### Stale in the baseline",
        "### Left over on the target",
        "### Warnings",
        "### Known failures",
        "### Cases by area",
        "### Not judged",
        "### A case of each cause",
        "<b>FAIL</b> <code>patch/remove",
        "<b>ERROR</b>",
    ];
    for pair in order.windows(2) {
        assert!(place(pair[0]) < place(pair[1]), "{pair:?}");
    }
}

#[test]
fn never_longer_than_a_comment_may_be() {
    for result in [large(2_000), many_causes(), huge_result(), fixture::hostile_result()] {
        let text = markdown::render(&result);
        assert!(text.len() <= markdown::LIMIT, "{}", text.len());
        assert!(text.chars().count() < 65_536);
    }
}

/// As many causes as a bad server has, each with a long story.
fn many_causes() -> RunResult {
    let mut result = large(400);
    for (number, case) in result.cases.iter_mut().filter(|case| case.suite == "large").enumerate() {
        case.area = format!("area-{}", number % 30);
        let check = &mut case.checks[0];
        check.requirement = format!("RFC7644-3.3-{number}").as_str().into();
        check.looks_like = Some(format!("fault-{}", number % 90));
        if number % 2 == 0 {
            (case.verdict, check.verdict) = (Verdict::Warn, Verdict::Warn);
        }
    }
    result
}

#[test]
fn no_table_takes_the_place_of_another() {
    let text = markdown::render(&many_causes());
    let html = html(&text);
    let sections: Vec<_> = html.split("<h3>").skip(1).collect();
    let titles = sections.iter().map(|section| section.split("</h3>").next().unwrap()).collect::<Vec<_>>();
    let wanted = [
        "Looks like",
        "Revocation latency",
        "Latency after a change of the password, a revocation of the token or a logout",
        "What is broken",
        "Stale in the baseline",
        "Left over on the target",
        "Warnings",
        "Known failures",
        "Cases by area",
        "Not judged",
        "A case of each cause",
    ];
    assert_eq!(titles, wanted);
    for (section, title) in sections.iter().zip(wanted) {
        let rows = section.matches("<tr>").count() + section.matches("<details>").count();
        assert!(rows >= 2, "{title} has a row: {section}");
    }
    assert!(sections[3].matches("<tr>").count() > 60, "many causes are told");
    let left_out = text.lines().last().unwrap();
    for what in ["causes, ", "warned causes, ", "a case each of "] {
        assert!(left_out.contains(what), "{left_out}");
    }
}

#[test]
fn one_cause_is_one_row() {
    let text = markdown::render(&large(2_000));
    assert!(text.starts_with("## FAIL"));
    let row = text.lines().find(|line| line.contains("`large/case-0#status`")).unwrap();
    assert!(row.starts_with("| MUST | 2000 | [RFC 7644 §3.3]("), "{row}");
    assert!(row.ends_with(" | `201` | `500` | `large/case-0#status` |"), "{row}");
    assert_eq!(text.matches("<code>large/case-").count(), 1, "and one story");
}

#[test]
fn a_selection_and_the_seeds_of_parts_are_said() {
    let mut result = fixture::rich();
    result.selection = ["--suite", "crud/*"].map(str::to_owned).into();
    result.seeds.insert("crud/create/minimal".to_owned(), 8);
    let text = markdown::render(&result);
    assert!(
        text.contains("> **Only a selection was run** (`--suite crud/*`). It left out 1 case.\n"),
        "{text}"
    );
    assert!(text.contains(" · seed 7 (another in other parts) · "), "{text}");
}

/// The page as GitHub and GitLab make it, which both read it with everything that they add to Markdown.
fn html(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.alerts = true;
    options.extension.math_dollars = true;
    options.parse.relaxed_autolinks = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(markdown, &options)
}

/// The elements of a page without code; it is an error if they are not ours, or if something outside of code could be
/// taken for an address or a mention, which both look for in the finished page again.
fn elements(page: &str) -> Vec<String> {
    let pattern = |pattern: &str| regex::Regex::new(pattern).expect("a pattern");
    let rest = pattern(r"(?s)<pre><code[^<>]*>[^<>]*</code></pre>|<code>[^<>]*</code>").replace_all(page, "");
    let tag = pattern(r"(?s)<[^>]*>");
    let link =
        pattern(r#"^<a href="https://(www\.rfc-editor\.org|github\.com|example\.com)/[a-zA-Z0-9./#_-]*">$"#);
    let ours = pattern(
        r#"^</?(h2|h3|p|ul|li|blockquote|strong|b|a|details|summary|table|thead|tbody|tr|td|th|td align="right"|th align="right"|br|br /)>$"#,
    );
    let elements: Vec<_> = tag.find_iter(&rest).map(|tag| tag.as_str().to_owned()).collect();
    for element in &elements {
        assert!(ours.is_match(element) || link.is_match(element), "{element} in {rest}");
    }
    let text = tag.replace_all(&rest, "\n");
    for wild in ["@", "www.", "://", "`", "octocat", "evil.", "<", ">"] {
        assert!(!text.contains(wild), "{wild} in {text}");
    }
    elements
}

#[test]
fn nothing_of_a_target_is_more_than_text() {
    for result in [fixture::hostile_result(), huge_result()] {
        assert!(elements(&html(&markdown::render(&result))).len() > 40);
        let diff = diff::between(&fixture::rich(), &result);
        elements(&html(&markdown::render_diff(&diff)));
    }
}

/// What a target may say wherever it can: whatever it is, the page is made of the same elements.
#[test]
fn nothing_of_a_target_is_a_link_or_a_mention() {
    let said = |text: &str| -> RunResult {
        let inner = |text: &str| serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
        let hostile = serde_json::to_string(&fixture::hostile_result()).unwrap();
        let mut result: RunResult =
            serde_json::from_str(&hostile.replace(&inner(fixture::HOSTILE), &inner(text))).unwrap();
        result.cases[0].checks[0].got = text.to_owned();
        result
    };
    let pages = |text: &str| {
        let result = said(text);
        let page = markdown::render(&result);
        let mut found = elements(&html(&page));
        let diff = diff::between(&said("plain words"), &result);
        elements(&html(&markdown::render_diff(&diff)));
        found.push(page.matches("evil").count().min(9).to_string());
        found
    };
    for link in ["www.evil.example", "<code>http://evil.example</code>", "bob&#64;evil.example"] {
        assert!(html(link).contains("<a href="), "{link} is one for this reader");
    }
    let (plain, last) = (pages("plain evil words"), "9".to_owned());
    assert_eq!(plain.last(), Some(&last), "the text stands on the page");
    for evil in [
        "www.evil.example",
        "http://evil.example/x",
        "see https://evil.example",
        "bob@evil.example",
        "mailto:bob@evil.example",
        "xmpp:bob@evil.example/x",
        "ask @octocat, evil",
        "evil/repository#1 !2 GH-3",
        "`www.evil.example`",
        "``` www.evil.example ```",
        "`` ` www.evil.example",
        "www.evil.example `",
        "evil|www.evil.example|@octocat",
        "evil\\|www.evil.example\\",
        "| evil | @octocat |",
        "<https://evil.example>",
        "<a href=\"http://evil.example\">evil</a>",
        "[evil](http://evil.example) ![evil](http://evil.example/x.png)",
        "[evil]: http://evil.example",
        "</code></pre></details> www.evil.example",
        "<!-- evil",
        "- evil\n- [ ] evil\n\n# evil\n\n```\nevil",
        "1. evil",
        "evil[^1] $evil$ ~~evil~~ **evil**",
        "&lt;img src=x&gt; &#64;octocat evil",
        "\\`evil\\` \\www.evil.example",
    ] {
        assert_eq!(pages(evil), plain, "{evil}");
    }
}

#[test]
fn annotations_for_github() {
    let mut result = fixture::rich();
    result.target.arguments.extend(["--suites", "own"].map(str::to_owned));
    let case = result.cases.iter_mut().find(|case| case.verdict == Verdict::Fail).unwrap();
    let source = Some(SourceRef { file: "own/a,b:c%.yaml".to_owned(), line: 12 });
    for check in &mut case.checks {
        check.source.clone_from(&source);
    }
    snapshot("annotations", &annotations::github(&result));
}

/// Whatever a target says: as many lines as annotations, each a command that is ours.
#[test]
fn no_target_writes_a_command() {
    let mut hostile = fixture::hostile_result();
    for case in &mut hostile.cases {
        case.id = "x\n::error::y".to_owned();
        case.title = "::stop-commands::x\r\n::set-env name=PATH::/tmp".to_owned();
        case.reason = Some("a%0A::error::b\n##[error]c".to_owned());
        for check in &mut case.checks {
            check.got = "::warning file=/etc/passwd::z\n::error::y".to_owned();
        }
    }
    for result in [hostile, fixture::hostile_result(), huge_result()] {
        let text = annotations::github(&result);
        for line in text.lines() {
            assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line}");
            assert!(line.len() < 8_000, "{}", line.len());
            let properties = line.split("::").nth(1).unwrap();
            assert!(!properties.contains(['\r', '\u{1b}']));
        }
        assert!(!text.contains("\n::set-env") && !text.contains("\n##["));
    }
}

#[test]
fn as_many_annotations_as_github_shows() {
    let text = annotations::github(&large(100));
    let of = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!(of("::error"), 10);
    assert!(of("::warning") <= 10);
    assert!(text.contains("more errors: see the reports of this run"));
    let green = RunResult { cases: Vec::new(), baseline: None, ..fixture::rich() };
    assert_eq!(annotations::github(&green), "");
}
