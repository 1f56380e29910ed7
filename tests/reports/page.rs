//! The HTML page as text: what it shows, that nothing of a target becomes markup, and that it loads nothing. How it
//! behaves in a browser stands in `tests/html_page.rs`.

use scimcheck::report::html;

use crate::fixture;

#[test]
fn html_for_people() {
    crate::snapshot("html", &without_our_own(&html::render(&fixture::rich())));
}

/// The page without the text of the style sheet and of the script, and without their hashes.
fn without_our_own(page: &str) -> String {
    let own = regex::Regex::new(r"(?s)(<style>|<script>).*?(</style>|</script>)").expect("a regex");
    let hash = regex::Regex::new(r"sha256-([A-Za-z0-9+=]|&#x2f;)+").expect("a regex");
    hash.replace_all(&own.replace_all(page, "$1…$2"), "sha256-…").into_owned()
}

#[test]
fn no_markup_of_a_target_reaches_the_page() {
    let page = html::render(&fixture::hostile_result());
    for markup in ["<img", "onerror=alert(1)>", "<html>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    for tag in ["<style", "</style", "<script", "</script"] {
        assert_eq!(page.matches(tag).count(), 1, "{tag}");
    }
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;amp;{{ 7*7 }}{% raw %}"));
    assert_elements_balance(&page);
    assert_elements_balance(&html::render(&fixture::rich()));
}

/// Reads a page tag by tag: only elements of the template, each closed in its turn, attributes always quoted.
fn assert_elements_balance(page: &str) {
    const VOID: [&str; 2] = ["meta", "input"];
    let known = "html head meta title style body header p h1 h2 h3 h4 dl div dt dd main section span strong ul li \
                 nav a table caption thead tr th tbody td small details summary code pre b footer svg rect path figure \
                 figcaption ol form label input select option fieldset legend output button kbd mark h5 script";
    let known: Vec<_> = known.split_whitespace().collect();
    let attribute = regex::Regex::new(r#"^(\s+[a-zA-Z-]+(="[^"<>]*")?)*\s*$"#).expect("a regex");
    let mut open = Vec::new();
    let (before, after) = page.split_once("<script>").expect("one script");
    let page = format!("{before}<script>{}", &after[after.find("</script>").expect("it ends")..]);
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in its turn, before {rest:.200}");
            continue;
        }
        let name_end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_end);
        assert!(known.contains(&name), "<{tag}>");
        assert!(attribute.is_match(attributes), "<{tag}>");
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn the_page_loads_nothing_and_has_no_handlers() {
    let page = html::render(&fixture::rich());
    assert!(page.contains("default-src &#x27;none&#x27;; style-src &#x27;sha256-"));
    assert!(!page.contains("unsafe-"));
    for loading in [
        "<link",
        "<img",
        "<iframe",
        " src=",
        "@import",
        "url(",
        "javascript:",
        " style=",
        "innerHTML",
        "eval(",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
    let handler = regex::Regex::new(r"<[^>]* on[a-z]+=").expect("a regex");
    assert!(!handler.is_match(&page));
    assert!(
        page.contains("https://www.rfc-editor.org/rfc/rfc7644.html#section-3.5.2.2")
            || page
                .contains("https:&#x2f;&#x2f;www.rfc-editor.org&#x2f;rfc&#x2f;rfc7644.html#section-3.5.2.2")
    );
}

#[test]
fn findings_of_one_cause_stand_together() {
    let page = html::render(&crate::large(60));
    assert_eq!(page.matches("60 findings").count(), 2, "one cause, and once more at the top");
    assert_eq!(
        page.matches("<details class=\"finding fail\" id=\"finding-large").count(),
        20,
        "told in full"
    );
    assert_eq!(page.matches("<li class=\"finding\" id=\"finding-large").count(), 40, "told in a line");
}

#[test]
fn every_link_within_the_page_leads_somewhere_and_no_anchor_is_given_twice() {
    for result in [fixture::rich(), fixture::hostile_result(), crate::large(60)] {
        let page = html::render(&result);
        let all = |pattern: &str| {
            let pattern = regex::Regex::new(pattern).expect("a regex");
            let found = pattern.captures_iter(&page).map(|found| found[1].to_owned());
            found.collect::<Vec<_>>()
        };
        let mut anchors = all(r#" id="([^"]+)""#);
        anchors.sort();
        let given = anchors.len();
        anchors.dedup();
        assert_eq!(anchors.len(), given);
        for link in all(r##" href="#([^"]+)""##) {
            assert!(anchors.binary_search(&link).is_ok(), "#{link}");
        }
        for case in 0..result.cases.len() {
            assert!(anchors.iter().filter(|anchor| anchor.starts_with("case-")).count() > case);
        }
    }
}

#[test]
fn the_clients_are_there_if_their_suites_ran() {
    assert!(!html::render(&fixture::rich()).contains("Identity providers"));
    let mut result = fixture::rich();
    for case in result.cases.iter_mut().filter(|case| case.suite == "crud/create") {
        "clients/authentik/users".clone_into(&mut case.suite);
    }
    let page = html::render(&result);
    assert!(page.contains("Identity providers") && page.contains(">authentik</a>"));
    assert!(page.contains("works, with warnings"));
}

/// The rich result against one in which much is different.
fn two() -> scimcheck::report::diff::Diff {
    let before = fixture::rich();
    let mut after = before.clone();
    for check in after.cases.iter_mut().flat_map(|case| &mut case.checks) {
        check.verdict = match check.verdict {
            scimcheck::model::Verdict::Pass => scimcheck::model::Verdict::Fail,
            scimcheck::model::Verdict::Fail => scimcheck::model::Verdict::Pass,
            other => other,
        };
    }
    after.cases.remove(4);
    for exchange in &mut after.exchanges {
        exchange.duration_ms *= 3.0;
        if let scimcheck::model::RecordedAnswer::Response { status, headers, .. } = &mut exchange.answer {
            *status += 1;
            headers.push("etag", "W/\"2\"");
        }
    }
    scimcheck::report::diff::between(&before, &after)
}

#[test]
fn a_comparison_for_people() {
    let page = html::render_diff(&two());
    crate::snapshot("diff-html", &without_our_own(&page));
    assert_elements_balance(&page);
    assert!(page.contains("default-src &#x27;none&#x27;; style-src &#x27;sha256-"));
    let same = html::render_diff(&scimcheck::report::diff::between(&fixture::rich(), &fixture::rich()));
    assert!(same.contains("<h1>No verdict differs</h1>"));
}

#[test]
fn a_comparison_of_hostile_results_stays_text_and_short() {
    for hostile in [fixture::hostile_result(), fixture::huge_result()] {
        let page = html::render_diff(&scimcheck::report::diff::between(&fixture::rich(), &hostile));
        assert_elements_balance(&page);
        assert_eq!(page.find(|c: char| c.is_control() && c != '\n'), None);
        assert!(page.len() < 1_000_000, "{}", page.len());
    }
}
