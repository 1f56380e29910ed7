//! The HTML page in a real browser: filters, links, keys, copying, no script, hostile content, many cases.
#![cfg(unix)]

#[path = "reports/fixture.rs"]
#[allow(dead_code, reason = "the fixtures of all reports")]
mod fixture;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "this test starts one kind of process only")]
mod process;

#[path = "support/chromium.rs"]
mod chromium;
#[path = "reports/many.rs"]
mod many;

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use chromium::{Browser, Page, View};
use scimcheck::report::{diff, html, json as results};
use serde_json::{Value, json};

/// The number of elements of a selector that are not hidden by a filter.
fn visible(page: &mut Page, selector: &str) -> u64 {
    let count = format!(
        "Array.from(document.querySelectorAll({})).filter(e => !e.closest('[hidden]')).length",
        json!(selector)
    );
    page.eval(&count).as_u64().expect("a number")
}

/// Whether the element with an id is in the window, none of its folds closed, and has the focus.
fn is_shown(page: &mut Page, id: &str) -> bool {
    let shown = format!(
        "(() => {{ const e = document.getElementById({}); if (!e) return false; const box = e.getBoundingClientRect(); \
         return e.checkVisibility() && !e.closest('details:not([open])') && box.height > 0 && box.top >= -1 \
         && box.top < innerHeight && e.contains(document.activeElement); }})()",
        json!(id)
    );
    // Scrolling may be smooth.
    (0..100).any(|_| {
        let there = page.eval(&shown) == Value::Bool(true);
        if !there {
            page.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        }
        there
    })
}

/// Lets what was typed take effect.
fn settle(page: &mut Page) {
    page.eval("new Promise(done => setTimeout(() => requestAnimationFrame(done), 100))");
}

fn no_complaints(page: &mut Page) {
    assert_eq!(page.complaints(), Vec::<String>::new());
}

fn rich(browser: &Arc<Browser>, fragment: &str, view: View) -> Page {
    Page::open(browser, &html::render(&fixture::rich()), fragment, view)
}

#[test]
fn filters_show_what_was_asked_for_and_say_how_much() {
    let Some(browser) = Browser::shared() else { return };
    let mut page = rich(&browser, "", View::DESKTOP);
    let all = visible(&mut page, "#cases tr[data-v]");
    assert_eq!(all, fixture::rich().cases.len() as u64);

    page.click("#filter input[value=fail]");
    assert_eq!(visible(&mut page, ".finding:not(.fail)"), 0);
    assert_eq!(visible(&mut page, ".cause:not(.fail)"), 0, "a cause without a finding is gone");
    assert_eq!(visible(&mut page, ".finding.fail"), 6);
    assert_eq!(visible(&mut page, "#cases tr[data-v]"), 4);
    assert_eq!(visible(&mut page, "#requirements tr[data-v]"), 1);
    let said = page.eval("document.getElementById('shown').textContent");
    assert_eq!(said, json!(format!("Shown: 6 of 14 findings, 4 of {all} cases, 1 of 9 requirements")));

    page.click("#filter input[value=warn]");
    assert!(visible(&mut page, ".finding.warn") > 0, "verdicts add up");
    page.click("#filter input[value=SHOULD]");
    assert_eq!(visible(&mut page, ".finding.fail"), 0, "different filters narrow down");
    assert_eq!(visible(&mut page, ".finding.warn"), 2);
    page.click("#filter button[type=reset]");
    settle(&mut page);
    assert_eq!(visible(&mut page, "#cases tr[data-v]"), all);
    assert_eq!(page.eval("document.getElementById('shown').textContent"), json!("Everything is shown."));

    for (field, wanted, cases) in [("area", "crud-delete", 5), ("suite", "patch/remove", 1)] {
        page.eval(&format!(
            "(() => {{ const f = document.forms.filter.elements.{field}; \
             f.value = Array.from(f.options).find(o => o.textContent === {}).value; \
             f.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()",
            json!(wanted)
        ));
        assert_eq!(visible(&mut page, "#cases tr[data-v]"), cases, "{field}");
        page.click("#filter button[type=reset]");
        settle(&mut page);
    }

    page.click("#search");
    for key in ["R", "e", "t", "e", "n", "t"] {
        page.press(key);
    }
    settle(&mut page);
    assert_eq!(visible(&mut page, ".finding"), 1, "the text of a place, whatever its case");
    page.press("Escape");
    page.click("#search");
    for key in ["q", "q", "q"] {
        page.press(key);
    }
    settle(&mut page);
    assert_eq!(visible(&mut page, ".finding"), 0);
    assert_eq!(visible(&mut page, ".nothing"), 3, "it says that nothing passes");
    no_complaints(&mut page);
}

#[test]
fn links_lead_to_every_case_and_finding() {
    let Some(browser) = Browser::shared() else { return };
    let mut page = rich(&browser, "#finding-crud/delete/kept:kept", View::DESKTOP);
    assert!(is_shown(&mut page, "finding-crud/delete/kept:kept"), "opened with the page, in a closed cause");
    let anchors = page.eval(
        "Array.from(document.querySelectorAll('.finding, #cases tr[data-v], #requirements tr[data-v]'), e => e.id)",
    );
    let anchors: Vec<_> =
        anchors.as_array().expect("a list").iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    assert!(anchors.len() > 30, "{anchors:?}");
    page.click("#filter input[value=error]");
    for anchor in anchors {
        page.eval(&format!("location.hash = {}", json!(format!("#{anchor}"))));
        settle(&mut page);
        assert!(is_shown(&mut page, &anchor), "{anchor}, though a filter hides it");
    }
    page.eval("location.hash = '#finding-crud/create/minimal:status'");
    settle(&mut page);
    assert!(is_shown(&mut page, "case-crud/create/minimal"), "a check that holds stands in its case");
    page.eval("location.hash = '#%E0%A4%A'; location.hash = '#no-such-thing'");
    settle(&mut page);
    assert_eq!(
        page.eval("document.getElementById('shown').textContent"),
        json!("This report has nothing that is called no-such-thing.")
    );
    page.click(".worst a");
    settle(&mut page);
    let first = page.eval("document.querySelector('.cause').id");
    assert_eq!(page.eval("decodeURIComponent(location.hash.slice(1))"), first, "the worst cause");
    settle(&mut page);
    no_complaints(&mut page);
}

#[test]
fn keys_lead_from_finding_to_finding() {
    let Some(browser) = Browser::shared() else { return };
    let mut page = rich(&browser, "", View::DESKTOP);
    let focused = |page: &mut Page| {
        page.eval("document.activeElement.closest('.finding')?.id ?? document.activeElement.id")
    };
    let findings = page.eval("Array.from(document.querySelectorAll('.finding'), e => e.id)");
    page.press("j");
    assert_eq!(focused(&mut page), findings[0]);
    page.press("j");
    page.press("j");
    assert_eq!(focused(&mut page), findings[2]);
    assert!(is_shown(&mut page, findings[2].as_str().unwrap()));
    let ring = page.eval("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(ring, json!("solid"), "the focus can be seen");
    page.press("k");
    assert_eq!(focused(&mut page), findings[1]);
    page.press("Enter");
    assert_eq!(page.eval("document.activeElement.parentElement.open"), json!(false), "Enter folds");

    page.press("/");
    assert_eq!(focused(&mut page), json!("search"));
    page.press("j");
    assert_eq!(
        page.eval("document.getElementById('search').value"),
        json!("j"),
        "in the search a key is a letter"
    );
    page.press("Escape");
    assert_eq!(page.eval("document.getElementById('search').value"), json!(""));
    assert_eq!(page.eval("document.activeElement === document.body"), json!(true));

    page.click("#filter input[value=fail]");
    page.press("Escape");
    settle(&mut page);
    assert_eq!(page.eval("document.querySelector('#filter input[value=fail]').checked"), json!(false));
    page.press("?");
    assert_eq!(page.eval("document.getElementById('keys').open"), json!(true));
    page.click("#keys-on");
    page.eval("document.activeElement.blur()");
    page.press("j");
    assert_eq!(
        page.eval("document.activeElement === document.body"),
        json!(true),
        "single keys can be turned off"
    );
    no_complaints(&mut page);
}

#[test]
fn a_command_is_copied_as_it_stands() {
    let Some(browser) = Browser::shared() else { return };
    let mut page = rich(&browser, "", View::DESKTOP);
    page.allow_clipboard();
    page.eval("document.querySelector('.finding .command:last-of-type .copy').id = 'tested'");
    page.click("#tested");
    settle(&mut page);
    assert_eq!(page.eval("document.getElementById('tested').textContent"), json!("Copied"));
    let wanted =
        page.eval("document.getElementById('tested').parentElement.querySelector('pre').textContent");
    assert!(wanted.as_str().is_some_and(|wanted| wanted.starts_with("curl -X ")), "{wanted}");
    assert_eq!(page.eval("navigator.clipboard.readText()"), wanted);
    page.eval("navigator.clipboard.writeText('something else')");
    page.press("c");
    settle(&mut page);
    assert_eq!(page.eval("navigator.clipboard.readText()"), wanted, "with the key");
    no_complaints(&mut page);
}

#[test]
fn the_theme_follows_the_system_and_the_switch() {
    let Some(browser) = Browser::shared() else { return };
    let ground = |page: &mut Page| page.eval("getComputedStyle(document.body).backgroundColor");
    let mut page = rich(&browser, "", View { dark: true, ..View::DESKTOP });
    let dark = ground(&mut page);
    page.look(View::DESKTOP);
    let light = ground(&mut page);
    assert_ne!(dark, light);
    page.click("#theme");
    page.click("#theme");
    assert_eq!(page.eval("document.getElementById('theme').textContent"), json!("Theme: dark"));
    assert_eq!(ground(&mut page), dark, "whatever the system prefers");
    page.click("#theme");
    assert_eq!(ground(&mut page), light);
    no_complaints(&mut page);
}

/// The smallest contrast of a text to what is behind it: WCAG 2 wants 4.5 to 1.
const CONTRASTS: &str = r#"(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = (colour) => {
    const [r, g, b] = Array.from(channels(colour).slice(0, 3), (c) => {
      c /= 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const poor = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.matches("script, style, option")) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) poor.add(`${element.tagName}.${element.className}: ${contrast.toFixed(2)}`);
  }
  return Array.from(poor);
})()"#;

#[test]
fn texts_can_be_read_in_both_themes() {
    let Some(browser) = Browser::shared() else { return };
    for dark in [false, true] {
        let mut page = rich(&browser, "", View { dark, ..View::DESKTOP });
        assert_eq!(page.eval(CONTRASTS), json!([]), "dark: {dark}");
    }
}

#[test]
fn everything_has_a_name_for_a_screen_reader() {
    let Some(browser) = Browser::shared() else { return };
    let mut page = rich(&browser, "", View::DESKTOP);
    let nameless = page.eval(
        "Array.from(document.querySelectorAll('input, select, button, a[href], svg:not([aria-hidden]), summary'))\
         .filter(e => !(e.getAttribute('aria-label') || (e.labels && e.labels[0]?.textContent.trim()) || e.textContent.trim()))\
         .map(e => e.outerHTML.slice(0, 200))",
    );
    assert_eq!(nameless, json!([]));
    let headless = page.eval(
        "Array.from(document.querySelectorAll('table')).filter(t => !t.querySelector('thead th[scope=col]') \
         || Array.from(t.tBodies[0].rows).some(r => !r.querySelector('th[scope=row]') && !r.closest('.slowest, #left-over')))\
         .map(t => t.outerHTML.slice(0, 200))",
    );
    assert_eq!(headless, json!([]), "tables without heads");
    assert_eq!(page.eval("document.documentElement.lang"), json!("en"));
}

#[test]
fn a_phone_need_not_scroll_sideways() {
    let Some(browser) = Browser::shared() else { return };
    for html in [html::render(&fixture::rich()), html::render(&fixture::hostile_result())] {
        let mut page = Page::open(&browser, &html, "", View::PHONE);
        page.eval("document.querySelectorAll('details').forEach(fold => fold.open = true)");
        let wide = page.eval(
            "Array.from(document.querySelectorAll('body *')).filter(e => !e.closest('.scroll *, .spoken, .skip') \
             && e.getBoundingClientRect().right > 391).slice(0, 5).map(e => e.outerHTML.slice(0, 200))",
        );
        assert_eq!(wide, json!([]));
        let width = page.eval("document.documentElement.scrollWidth").as_u64().expect("a number");
        assert!(width <= u64::from(View::PHONE.width), "{width}");
    }
}

#[test]
fn without_its_script_the_page_can_be_read() {
    let Some(browser) = Browser::shared() else { return };
    let mut page = rich(&browser, "#finding-crud/delete/kept:kept", View { script: false, ..View::DESKTOP });
    assert_eq!(page.eval("document.documentElement.className"), json!(""), "the script did not run");
    let unusable = page.eval(
        "Array.from(document.querySelectorAll('button, input, select')).filter(e => e.checkVisibility()).length",
    );
    assert_eq!(unusable, json!(0), "nothing is offered that does not work");
    let worst = page.eval("document.querySelector('.finding .judgement').checkVisibility()");
    assert_eq!(worst, json!(true), "the worst finding is unfolded");
    assert_eq!(
        page.eval("document.getElementById('finding-crud/delete/kept:kept').closest('.cause').open"),
        json!(true)
    );
    page.click("#cases .suite > summary");
    assert_eq!(page.eval("document.querySelector('#cases .suite').open"), json!(true), "folds work");
    no_complaints(&mut page);
}

#[test]
fn hostile_content_stays_text() {
    let Some(browser) = Browser::shared() else { return };
    for result in [fixture::hostile_result(), fixture::huge_result()] {
        let html = html::render(&result);
        assert!(html.len() < 12_000_000, "{}", html.len());
        let mut page = Page::open(&browser, &html, "", View::DESKTOP);
        page.eval("document.querySelectorAll('details').forEach(fold => fold.open = true)");
        let elements = page.eval(
            "document.querySelectorAll('img, iframe, object, embed, link, base, form:not(#filter)').length",
        );
        assert_eq!(elements, json!(0));
        let scripts = page.eval("[document.scripts.length, document.querySelectorAll('style').length]");
        assert_eq!(scripts, json!([1, 1]));
        page.eval("document.querySelectorAll('a[href^=\"#\"]').forEach(link => link.click())");
        page.click("#search");
        for key in ["<", "i", "m", "g"] {
            page.press(key);
        }
        settle(&mut page);
        assert!(visible(&mut page, ".finding") > 0, "its text can be found");
        no_complaints(&mut page);
    }
}

#[test]
fn the_policy_stops_what_breaks_out() {
    let Some(browser) = Browser::shared() else { return };
    let html = html::render(&fixture::rich());
    let broken = html.replace(
        "</main>",
        "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">\
         <img src=\"https://scim.example.com/seen\"><a id=\"odd\" href=\"javascript:document.title='run'\">x</a></main>",
    );
    let mut page = Page::open(&browser, &broken, "", View::DESKTOP);
    page.click("#odd");
    settle(&mut page);
    let title = page.eval("document.title");
    assert!(title.as_str().is_some_and(|title| title.ends_with("scimcheck")), "{title}");
    let refused = page.complaints().iter().filter(|said| said.contains("Content Security Policy")).count();
    assert!(refused >= 4, "the browser says that it refused each: {refused}");
    assert_eq!(page.requests(), Vec::<String>::new(), "nothing was asked for");
}

/// How long opening and filtering take with many cases. Nothing is asserted about the times: the machine may be busy.
/// What the main thread of the page worked, which does not depend on that so much, stands in brackets.
#[test]
fn ten_thousand_cases_open_and_filter() {
    let Some(browser) = Browser::shared() else { return };
    for (name, result) in [
        ("1 of 12 broken", many::cases(10_000, 12)),
        ("all broken", many::cases(10_000, 1)),
        ("as against a real server", many::real(10_000)),
    ] {
        let html = html::render(&result);
        let mut page = Page::open(&browser, &html, "", View::DESKTOP);
        let opened = page.eval(OPENED);
        let mut worked = page.worked_ms();
        let mut lines = format!(
            "\n10,000 cases, {name}: {:.1} MB, {} elements; first paint {:.0} ms, loaded {:.0} ms ({worked:.0} ms)\n",
            megabytes(&html),
            opened[2],
            number(&opened[0]),
            number(&opened[1])
        );
        assert_eq!(visible(&mut page, "#cases tr[data-v]"), 10_000);
        for (what, action) in [
            ("verdict fail (the first filter)", "form.querySelector('[value=fail]').click()"),
            ("level MUST", "form.querySelector('[value=MUST]').click()"),
            ("show everything", "form.reset()"),
            ("text (the first search)", "type('case-77')"),
            ("text", "type('case-777')"),
            ("no text", "type('')"),
        ] {
            let before = page.worked_ms();
            let time = page.eval(&TIMED.replace("ACTION", action));
            worked = page.worked_ms() - before;
            let _ = writeln!(lines, "  {what}: {:.0} ms ({worked:.0} ms)", number(&time));
        }
        // Not `eprintln!`, which the test harness swallows when the test passes.
        let _ = std::io::stderr().lock().write_all(lines.as_bytes());
        no_complaints(&mut page);
    }
}

/// First paint and the end of loading in milliseconds, and the number of elements.
const OPENED: &str = r#"(async () => {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd;
  return [paint ? paint.startTime : -1, loaded, document.querySelectorAll("*").length];
})()"#;

/// From an action to the frame that shows what it changed, in milliseconds.
const TIMED: &str = r#"(async () => {
  const form = document.forms.filter;
  const type = (text) => {
    form.elements.text.value = text;
    form.elements.text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const start = performance.now();
  const changed = new Promise((done) => {
    const observer = new MutationObserver(() => {
      observer.disconnect();
      done();
    });
    observer.observe(document.getElementById("shown"), { childList: true });
  });
  ACTION;
  await changed;
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
})()"#;

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn megabytes(text: &str) -> f64 {
    text.len() as f64 / 1e6
}

/// Pictures of the page. With `SCIMCHECK_SCREENSHOTS=results.json` they are those of `docs/images/`, made anew from that
/// result.
#[test]
fn pictures_at_both_widths_in_both_themes() {
    let Some(browser) = Browser::shared() else { return };
    let source = std::env::var("SCIMCHECK_SCREENSHOTS").ok();
    let result = match &source {
        Some(path) => {
            results::read(&std::fs::read_to_string(path).expect("a results.json")).expect("a result")
        }
        None => fixture::rich(),
    };
    let html = html::render(&result);
    let dark = |view| View { dark: true, ..view };
    for (name, view, fragment) in [
        ("report", View::DESKTOP, ""),
        ("report-findings-dark", dark(View::DESKTOP), "#findings"),
        ("report-phone", View::PHONE, ""),
        ("report-phone-dark", dark(View::PHONE), "#findings"),
    ] {
        let mut page = Page::open(&browser, &html, fragment, view);
        settle(&mut page);
        let picture = page.screenshot();
        let size = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four bytes"));
        assert_eq!((size(16), size(20)), (view.width, view.height), "{name}");
        no_complaints(&mut page);
        if source.is_some() {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join(format!("{name}.png")), picture).expect("a file");
        }
    }
}

#[test]
fn a_comparison_can_be_read_and_runs_nothing() {
    let Some(browser) = Browser::shared() else { return };
    for other in [fixture::hostile_result(), many::cases(60, 2)] {
        let html = html::render_diff(&diff::between(&fixture::rich(), &other));
        for view in [View::DESKTOP, View { dark: true, ..View::PHONE }] {
            let mut page = Page::open(&browser, &html, "", view);
            page.eval("document.querySelectorAll('details').forEach(fold => fold.open = true)");
            page.click("#theme");
            assert_eq!(page.eval("document.getElementById('theme').textContent"), json!("Theme: light"));
            assert_eq!(page.eval(CONTRASTS), json!([]));
            let width = page.eval("document.documentElement.scrollWidth").as_u64().expect("a number");
            assert!(width <= u64::from(view.width), "{width}");
            assert_eq!(page.eval("[document.scripts.length, document.images.length]"), json!([1, 0]));
            no_complaints(&mut page);
        }
    }
}
