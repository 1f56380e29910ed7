//! Requests of a case of which a result keeps a line only.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Phase;

/// A request of which only the first line, the status and the times are kept, after redaction: clean-up, all but the first
/// of many alike in the set-up, tries that were not the last. There may be thousands: in `results.json` each is a text like
/// `600.197 3.893 cleanup 204 DELETE /Users/9b1c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// Start, in milliseconds since the run began.
    pub started_ms: f64,
    /// Duration in milliseconds.
    pub duration_ms: f64,
    /// What it was made for.
    pub phase: Phase,
    /// The status code; `None` if nothing came back.
    pub status: Option<u16>,
    /// Method and URL; only what is below the base URL, if it is below it.
    line: Box<str>,
}

impl Brief {
    /// A request that began and took so many milliseconds. `url` is what is below the base URL, or absolute.
    #[must_use]
    pub fn new(
        (started_ms, duration_ms): (f64, f64),
        phase: Phase,
        status: Option<u16>,
        request: (&str, &str),
    ) -> Self {
        Self { started_ms, duration_ms, phase, status, line: format!("{} {}", request.0, request.1).into() }
    }

    /// HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.line.split_once(' ').map_or(&self.line, |(method, _)| method)
    }

    /// What is below the base URL, or an absolute URL.
    #[must_use]
    pub fn url(&self) -> &str {
        self.line.split_once(' ').map_or("", |(_, url)| url)
    }
}

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.started_ms, self.duration_ms, word(self.phase))?;
        match self.status {
            Some(status) => write!(f, "{status} {}", self.line),
            None => write!(f, "- {}", self.line),
        }
    }
}

impl FromStr for Brief {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no request in brief: start, duration, phase, status, method, URL");
        let mut words = text.splitn(5, ' ');
        let mut next = || words.next().ok_or_else(wrong);
        let mut time = || next()?.parse().ok().filter(|time: &f64| time.is_finite()).ok_or_else(wrong);
        let (started_ms, duration_ms) = (time()?, time()?);
        let phase = phase(next()?).ok_or_else(wrong)?;
        let status = match next()? {
            "-" => None,
            status => Some(status.parse().map_err(|_| wrong())?),
        };
        let line = next()?;
        if !line.contains(' ') {
            return Err(wrong());
        }
        Ok(Self { started_ms, duration_ms, phase, status, line: line.into() })
    }
}

const PHASES: [Phase; 5] = [Phase::Discovery, Phase::Setup, Phase::Step, Phase::Probe, Phase::Cleanup];

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Discovery => "discovery",
        Phase::Setup => "setup",
        Phase::Step => "step",
        Phase::Probe => "probe",
        Phase::Cleanup => "cleanup",
    }
}

fn phase(name: &str) -> Option<Phase> {
    PHASES.into_iter().find(|phase| word(*phase) == name)
}

impl Serialize for Brief {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Brief {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Brief {
    fn schema_name() -> Cow<'static, str> {
        "Brief".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A request of which only the first line, the status and the times are kept: start in milliseconds since \
                            the run began, duration in milliseconds, what it was made for, status or `-`, method, URL (what is \
                            below the base URL, or absolute).",
            "pattern": r"^[-+.eE0-9]+ [-+.eE0-9]+ (discovery|setup|step|probe|cleanup) ([0-9]{1,5}|-) [^ ]+ ",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back() {
        for text in ["600.197 3.893 cleanup 204 DELETE /Users/9b1c", "0 12.5 step - GET https://h/a?b=c d"] {
            let brief: Brief = text.parse().unwrap();
            assert_eq!(brief.to_string(), text);
            assert_eq!(serde_json::from_value::<Brief>(text.into()).unwrap(), brief);
        }
        let brief = Brief::new((0.5, 7.0), Phase::Setup, Some(201), ("POST", "/Users"));
        assert_eq!((brief.method(), brief.url()), ("POST", "/Users"));
        assert_eq!(brief.to_string(), "0.5 7 setup 201 POST /Users");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "1 2 cleanup 204",
            "1 2 cleanup 204 DELETE",
            "x 2 step 200 GET /",
            "1 2 tea 200 GET /",
            "1 NaN step 200 GET /",
        ] {
            assert!(text.parse::<Brief>().is_err(), "{text}");
        }
    }
}
