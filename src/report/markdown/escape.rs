//! Text in Markdown as GitHub and GitLab read it: only text, whatever it says.

use crate::report::text::{clip, visible, visible_lines};

/// Text in a line, a heading or a cell of a table. Every character that Markdown, HTML, mathematics, emoji names,
/// mentions or links begin with is a character reference, which is only ever text.
#[must_use]
pub(super) fn text(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit) + 16);
    for character in visible(&clip(text, limit)).chars() {
        match character {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' | '\'' | '(' | ')' | ',' | '-' | '.' | '/' | ';' | '=' | '?' | '%' | '+' | '^' => {
                shown.push(character);
            }
            c if c.is_ascii_punctuation() => {
                shown.push_str("&#");
                shown.push_str(&u32::from(c).to_string());
                shown.push(';');
            }
            c => shown.push(c),
        }
    }
    shown
}

/// The same as code. Neither mentions nor links nor issue numbers are looked for in it.
#[must_use]
pub(super) fn code(text: &str, limit: usize) -> String {
    let shown = self::text(text, limit);
    if shown.trim().is_empty() { String::new() } else { format!("<code>{shown}</code>") }
}

/// Several lines as a block of code; the fence is longer than any within.
#[must_use]
pub(super) fn block(text: &str, limit: usize) -> String {
    let shown = visible_lines(text);
    let shown = clip(shown.trim_end(), limit);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{shown}\n{fence}\n")
}

/// A link, if it is one to a web page; else the text as code.
#[must_use]
pub(super) fn link(label: &str, url: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !"<>()[]\\\"`|*_".contains(c);
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web && url.len() <= 500 && url.chars().all(plain) {
        return format!("[{}]({url})", text(label, 200));
    }
    code(url, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_remains() {
        assert_eq!(
            text("a|b `c` *d* <e> @f #1 :g: $h$ [i](j)", 99),
            "a&#124;b &#96;c&#96; &#42;d&#42; &lt;e&gt; &#64;f &#35;1 &#58;g&#58; &#36;h&#36; &#91;i&#93;(j)"
        );
        assert_eq!(text("a\n## b\r\u{1b}", 99), "a&#92;n&#35;&#35; b&#92;r&#92;u&#123;1b&#125;");
        assert_eq!(code("", 9), "");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(block("a\n````\nb\n", 99), "`````text\na\n````\nb\n`````\n");
        assert_eq!(block("a", 99), "```text\na\n```\n");
    }

    #[test]
    fn links_lead_to_the_web_only() {
        assert_eq!(link("x", "https://a.example/1?b=c#d"), "[x](https://a.example/1?b=c#d)");
        assert_eq!(link("x", "javascript:alert(1)"), "<code>javascript&#58;alert(1)</code>");
        assert_eq!(
            link("x", "https://a.example/) [y](z"),
            "<code>https&#58;//a.example/) &#91;y&#93;(z</code>"
        );
    }
}
