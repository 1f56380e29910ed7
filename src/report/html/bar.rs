//! Bars of several parts, as SVG draws them: a policy that forbids inline styles leaves attributes.

use serde::Serialize;

/// A part of a bar, in percent of its width.
#[derive(Debug, Serialize)]
pub(super) struct Segment {
    /// The CSS class that gives its colour.
    tone: &'static str,
    x: String,
    width: String,
}

impl Segment {
    /// In the colour of a CSS class.
    pub(super) fn toned(self, tone: &'static str) -> Self {
        Self { tone, ..self }
    }
}

/// The parts of a bar: each as wide as its share.
pub(super) fn stacked(parts: impl Iterator<Item = (&'static str, usize)> + Clone) -> Vec<Segment> {
    let all: usize = parts.clone().map(|(_, times)| times).sum();
    let mut before = 0;
    let mut segments = Vec::new();
    for (tone, times) in parts.filter(|(_, times)| *times > 0) {
        segments.push(Segment { tone, x: percent(before, all), width: percent(times, all) });
        before += times;
    }
    segments
}

/// The part from `start` to `end` of a whole that is `all` long; what can hardly be seen is made wider.
pub(super) fn part(start: f64, end: f64, all: f64) -> Segment {
    let share = |value: f64| {
        if all > 0.0 && value.is_finite() { (value / all * 100.0).clamp(0.0, 100.0) } else { 0.0 }
    };
    let width = share(end - start).max(0.6);
    let x = share(start).min(100.0 - width);
    Segment { tone: "", x: format!("{x:.1}%"), width: format!("{width:.1}%") }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a bar on a screen")]
fn percent(part: usize, all: usize) -> String {
    format!("{:.2}%", part as f64 / all.max(1) as f64 * 100.0)
}
