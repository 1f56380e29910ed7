//! Text in Markdown as GitHub and GitLab read it: only text, whatever it says.
//!
//! Both look for addresses, mentions, issues and commits in the finished page too, where a character reference is the
//! character itself and a comment is gone; but never in code. So whatever is more than plain words stands in code.

use std::fmt::Write as _;

use crate::report::text::{clip, visible, visible_lines};

/// More backticks in a row are not read as the beginning of code everywhere.
const BACKTICKS: usize = 16;

/// Text in a line, a heading or a cell of a table: as it is if it can be nothing but words, else as code.
#[must_use]
pub(super) fn text(text: &str, limit: usize) -> String {
    let shown = visible(&clip(text, limit)).into_owned();
    if is_plain(&shown) { shown } else { as_code(&shown) }
}

/// Text of our own, as that of the catalogue. Every character that Markdown, HTML, mathematics or emoji names begin
/// with is a character reference.
#[must_use]
pub(super) fn prose(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit) + 16);
    for character in visible(&clip(text, limit)).chars() {
        match character {
            '"' | '\'' | '(' | ')' | ',' | '-' | '.' | '/' | ';' | '=' | '?' | '%' | '+' | '^' => {
                shown.push(character);
            }
            c if c.is_ascii_punctuation() => {
                let _ = write!(shown, "&#{};", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Text as code, in a line or a cell of a table.
#[must_use]
pub(super) fn code(text: &str, limit: usize) -> String {
    as_code(&visible(&clip(text, limit)))
}

/// Text where Markdown is not read, within an element that begins a line: as it is if it can be nothing but words, else
/// as code.
#[must_use]
pub(super) fn text_in_html(text: &str, limit: usize) -> String {
    let shown = visible(&clip(text, limit)).into_owned();
    if is_plain(&shown) { shown } else { code_in_html(text, limit) }
}

/// Text as code where Markdown is not read.
#[must_use]
pub(super) fn code_in_html(text: &str, limit: usize) -> String {
    let shown = visible(&clip(text, limit)).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{shown}</code>")
}

/// Several lines as a block of code; the fence is longer than any within.
#[must_use]
pub(super) fn block(text: &str, limit: usize) -> String {
    let shown = clip(visible_lines(text).trim_end(), limit).into_owned();
    let (shown, longest) = with_few_backticks(&shown);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{shown}\n{fence}\n")
}

/// A link, if it is one to a web page; else the address as code.
#[must_use]
pub(super) fn link(label: &str, url: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\\"`|*_".contains(c);
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web && url.len() <= 500 && url.chars().all(plain) {
        return format!("[{}]({url})", prose(label, 200));
    }
    code(url, 200)
}

/// What ends a cell of a table, even within code, stands between two pieces of it.
fn as_code(shown: &str) -> String {
    if shown.trim().is_empty() {
        return String::new();
    }
    let (shown, _) = with_few_backticks(shown);
    shown.split('|').map(span).collect::<Vec<_>>().join("<code>&#124;</code>")
}

/// Backticks around a text, more of them than it has in a row.
fn span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    // One space at both ends is not part of the code, unless there is nothing else.
    let ends = |c: char| text.starts_with(c) && text.ends_with(c);
    let spaced = text.starts_with('`') || text.ends_with('`') || ends(' ') && !text.trim().is_empty();
    let space = if spaced { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// The text and how many backticks it has in a row; too many of them are shown as escapes.
fn with_few_backticks(text: &str) -> (String, usize) {
    match longest_run(text) {
        longest if longest > BACKTICKS => (text.replace('`', "\\u{60}"), 0),
        longest => (text.to_owned(), longest),
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Whether a text can be nothing but words, wherever it stands in a line: no markup, no address, no mention, no name of
/// an issue or a commit.
fn is_plain(text: &str) -> bool {
    let mut after = text.chars().skip(1).chain([' ']);
    let every = text.chars().zip(&mut after).all(|(c, next)| match c {
        ':' => next == ' ' || next.is_ascii_digit(),
        c => !c.is_ascii_punctuation() || "\"'(),-./;=?+".contains(c),
    });
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    let begins = text.trim_start_matches(|c: char| c.is_ascii_digit());
    every
        && text.starts_with(char::is_alphanumeric)
        && !(begins.len() < text.len() && begins.starts_with(['.', ')']))
        && !text.to_ascii_lowercase().contains("www.")
        && !words.into_iter().any(is_reference)
}

/// `GH-12`, `ABC-7`, `0a1b2c3d`: what trackers and repositories call things.
fn is_reference(word: &str) -> bool {
    let commit = (7..=64).contains(&word.len()) && word.chars().all(|c| c.is_ascii_hexdigit());
    let issue = word.match_indices('-').any(|(at, _)| {
        word[..at].contains(char::is_alphabetic) && word[at + 1..].starts_with(|c: char| c.is_ascii_digit())
    });
    commit || issue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        for plain in [
            "2 cases failed, 1 warning",
            "the target does not claim bulk",
            "hash:2/3 (part 2): RFC 7644 §3.3",
            "größer = \"besser\"",
            "2026-03-01T09:30:00Z",
        ] {
            assert_eq!(text(plain, 99), plain);
        }
    }

    #[test]
    fn what_may_be_more_than_words_is_code() {
        for wild in [
            "a*b*",
            "<e>",
            "see www.evil.example",
            "WWW.evil.example",
            "http://evil.example",
            "a@b.example",
            "ask @octocat",
            "#1",
            "!1",
            "ABC-12",
            "gh-3",
            "fixed in 0a1b2c3d",
            "- a",
            "1. a",
            "[i](j)",
            "$h$",
            "::g:",
            "a &amp; b",
            "a\\b",
            "mailto:a",
            "~x",
            "%1",
        ] {
            assert_eq!(text(wild, 99), format!("`{wild}`"));
        }
        assert_eq!(text("a\n## b\r\u{1b}", 99), "`a\\n## b\\r\\u{1b}`");
    }

    #[test]
    fn code_ends_where_its_text_does() {
        assert_eq!(code("a`b", 99), "``a`b``");
        assert_eq!(code("`", 99), "`` ` ``");
        assert_eq!(code("a ``", 99), "``` a `` ```");
        assert_eq!(code(" a ", 99), "`  a  `");
        assert_eq!(code(" a", 99), "` a`");
        assert_eq!(code("a|b\\|", 99), "`a`<code>&#124;</code>`b\\`<code>&#124;</code>");
        assert_eq!(code(&"`".repeat(17), 99), format!("`{}`", "\\u{60}".repeat(17)));
        assert_eq!(code("", 9), "");
        assert_eq!(text_in_html("a word", 99), "a word");
        assert_eq!(text_in_html("@a", 99), "<code>@a</code>");
        assert_eq!(code_in_html("<b> & `c`", 99), "<code>&lt;b&gt; &amp; `c`</code>");
    }

    #[test]
    fn prose_of_our_own_is_set_as_it_is() {
        assert_eq!(
            prose("a|b `c` <d> $e$, [f]", 99),
            "a&#124;b &#96;c&#96; &#60;d&#62; &#36;e&#36;, &#91;f&#93;"
        );
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(block("a\n````\nb\n", 99), "`````text\na\n````\nb\n`````\n");
        assert_eq!(block("a", 99), "```text\na\n```\n");
        assert_eq!(block(&"`".repeat(300), 999), format!("```text\n{}\n```\n", "\\u{60}".repeat(300)));
    }

    #[test]
    fn links_lead_to_the_web_only() {
        assert_eq!(link("x", "https://a.example/1?b=c#d"), "[x](https://a.example/1?b=c#d)");
        assert_eq!(link("x", "javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("x", "https://a.example/) [y](z"), "`https://a.example/) [y](z`");
    }
}
