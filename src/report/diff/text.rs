//! A comparison on the terminal.

use std::fmt::Write as _;

use super::{Change, Diff, Latency, Revocation, Side};
use crate::model::Verdict;
use crate::report::paint::Paint;
use crate::report::terminal::Style;
use crate::report::text::{clip, count, duration, visible};

/// So many lines of each list are shown.
const SHOWN: usize = 40;
/// A value is shown up to so many characters.
const VALUE: usize = 120;

/// The comparison as text, each line with its line feed.
#[must_use]
pub fn text(diff: &Diff, style: Style) -> String {
    let mut page = Page { paint: Paint { colour: style.colour }, out: String::new() };
    page.side("A", &diff.a);
    page.side("B", &diff.b);
    page.changes("Newly failing", &diff.newly_failing, true);
    page.changes("Fixed", &diff.fixed, false);
    page.changes("Other verdicts", &diff.changed, false);
    page.changes("New checks", &diff.new_checks, false);
    page.changes("Vanished checks", &diff.vanished, false);
    page.exchanges(diff);
    page.latency(&diff.latency);
    page.revocation(&diff.revocation);
    page.total(diff);
    page.out
}

struct Page {
    paint: Paint,
    out: String,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn title(&mut self, title: &str, number: usize) {
        let line = format!("\n{} ({number})", self.paint.bold(title));
        self.line(&line);
    }

    fn more(&mut self, all: usize) {
        if all > SHOWN {
            let line = format!("  … and {}", count(all - SHOWN, "more line"));
            self.line(&line);
        }
    }

    fn side(&mut self, name: &str, side: &Side) {
        let about = format!("{} at {}", clip(&side.target, VALUE), clip(&side.base_url, VALUE));
        let version = clip(&side.version, 40);
        let line = format!(
            "{}  {} · {} · {} · {}",
            self.paint.bold(name),
            visible(&about),
            visible(&clip(&side.started, 40)),
            visible(&version),
            self.paint.verdict(side.verdict, &visible(&clip(&side.headline, 200))),
        );
        self.line(&line);
    }

    fn changes(&mut self, title: &str, changes: &[Change], told: bool) {
        if changes.is_empty() {
            return;
        }
        self.title(title, changes.len());
        for change in changes.iter().take(SHOWN) {
            let word = |verdict: Option<Verdict>| match verdict {
                Some(verdict) => self.paint.verdict(verdict, verdict.as_str()),
                None => "none".to_owned(),
            };
            let line = format!(
                "  {} → {}  {}  {} {}",
                word(change.before),
                word(change.after),
                visible(&clip(&change.check, 300)),
                change.level,
                self.paint.dim(&visible(&clip(&change.requirement, 60))),
            );
            self.line(&line);
            if told && !(change.wanted.is_empty() && change.got.is_empty()) {
                let (wanted, got) = (clip(&change.wanted, VALUE), clip(&change.got, VALUE));
                let line = format!("      wanted {}, got {}", visible(&wanted), visible(&got));
                self.line(&line);
            }
        }
        self.more(changes.len());
    }

    fn exchanges(&mut self, diff: &Diff) {
        if diff.exchanges.is_empty() {
            return;
        }
        self.title(&format!("Changed exchanges of {}", diff.exchanges_compared), diff.exchanges.len());
        for change in diff.exchanges.iter().take(SHOWN) {
            let mut line =
                format!("  {}  {}", visible(&clip(&change.id, 300)), visible(&clip(&change.request, 200)));
            if let Some((before, after)) = change.status {
                let _ = write!(line, "  {before} → {after}");
            }
            self.line(&line);
            for (place, before, after) in &change.differences {
                let shown = |text: &str| {
                    if text.is_empty() { "nothing".to_owned() } else { visible(text).into_owned() }
                };
                let line = format!("      {}: {} → {}", visible(place), shown(before), shown(after));
                self.line(&line);
            }
            if change.more > 0 {
                let line = format!("      … and {}", count(change.more, "more difference"));
                self.line(&line);
            }
        }
        self.more(diff.exchanges.len());
    }

    fn latency(&mut self, latency: &[Latency]) {
        if latency.is_empty() {
            return;
        }
        self.title("Latency: median, 95 of 100", latency.len());
        for own in latency.iter().take(SHOWN) {
            let line = format!(
                "  {:<36} {:>8} → {:<8} {:>8} → {:<8}",
                visible(&own.operation),
                duration(own.median_a),
                duration(own.median_b),
                duration(own.p95_a),
                duration(own.p95_b),
            );
            self.line(&line);
        }
        self.more(latency.len());
    }

    fn revocation(&mut self, revocation: &[Revocation]) {
        if revocation.is_empty() {
            return;
        }
        self.title("Revocation: the longest time", revocation.len());
        for own in revocation {
            let line = format!("  {:<36} {} → {}", own.title(), own.a.in_words(), own.b.in_words());
            self.line(&line);
        }
    }

    fn total(&mut self, diff: &Diff) {
        let sentence = if diff.verdicts_agree() {
            "No verdict differs".to_owned()
        } else {
            format!(
                "{} newly failing, {} fixed, {} other, {} new, {} vanished",
                diff.newly_failing.len(),
                diff.fixed.len(),
                diff.changed.len(),
                diff.new_checks.len(),
                diff.vanished.len(),
            )
        };
        let line = format!("\n{}", self.paint.bold(&sentence));
        self.line(&line);
        if let Some(sentence) = diff.not_reached_in_words() {
            self.line(&sentence);
        }
    }
}
