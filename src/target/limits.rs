//! How much a target does at once, as its `ServiceProviderConfig` has it: features with a number, `maxOperations:2` and
//! `maxResults:3`.

use serde_json::Value;

use crate::model::{Feature, Features};

/// The limits that a target publishes. What it does not publish, publishes as zero (ambiguities `bulk-413` and
/// `maxresults-meaning`) or as no number limits nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// `bulk.maxOperations` (RFC 7643 §5): operations in one bulk job.
    pub max_operations: Option<u64>,
    /// Resources in one response: the smaller of `filter.maxResults` (RFC 7643 §5) and `pagination.maxPageSize`
    /// (RFC 9865 §4).
    pub max_results: Option<u64>,
}

impl Limits {
    /// The limits of a `ServiceProviderConfig`.
    #[must_use]
    pub fn of(config: &Value) -> Self {
        let number = |at: &str| config.pointer(at).and_then(positive);
        let pages = [number("/filter/maxResults"), number("/pagination/maxPageSize")];
        Self { max_operations: number("/bulk/maxOperations"), max_results: pages.into_iter().flatten().min() }
    }

    /// Whether a feature like `maxOperations:2` is there: what is published is not below the number, or the configuration
    /// says so. Nothing for other features.
    pub(super) fn allow(&self, feature: &str, features: &Features) -> Option<bool> {
        let (kind, number) = parts(feature)?;
        let overridden = features.0.iter().filter_map(|(name, state)| {
            let (_, limit) = parts(&name.0).filter(|(of, _)| *of == kind)?;
            // Who takes three takes two, and who does not take two does not take three.
            state.overridden.filter(|takes| if *takes { number <= limit } else { limit <= number })
        });
        let published = if kind == "maxOperations" { self.max_operations } else { self.max_results };
        Some(
            overridden
                .reduce(|one, other| one && other)
                .unwrap_or_else(|| published.is_none_or(|limit| number <= limit)),
        )
    }
}

/// Kind and number of a feature that is a limit.
fn parts(feature: &str) -> Option<(&str, u64)> {
    let (kind, number) = feature.split_once(':')?;
    Feature::LIMITS.contains(&kind).then_some(())?;
    Some((kind, number.parse().ok()?))
}

/// A number that limits something, also as the string that some servers send; the suites blame those.
fn positive(value: &Value) -> Option<u64> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::FeatureState;

    #[test]
    fn what_is_published_limits() {
        let config = json!({
            "bulk": { "maxOperations": 2 },
            "filter": { "maxResults": 200 },
            "pagination": { "maxPageSize": "3" },
        });
        let limits = Limits::of(&config);
        assert_eq!(limits, Limits { max_operations: Some(2), max_results: Some(3) });
        let none = Features::default();
        for (feature, allowed) in [
            ("maxOperations:1", Some(true)),
            ("maxOperations:2", Some(true)),
            ("maxOperations:3", Some(false)),
            ("maxResults:3", Some(true)),
            ("maxResults:4", Some(false)),
            ("maxResults:all", None),
            ("resource:3", None),
            ("bulk", None),
        ] {
            assert_eq!(limits.allow(feature, &none), allowed, "{feature}");
        }
    }

    #[test]
    fn nothing_and_zero_limit_nothing() {
        let config = json!({ "bulk": { "maxOperations": 0 }, "filter": { "maxResults": null } });
        assert_eq!(Limits::of(&config), Limits::default());
        assert_eq!(Limits::default().allow("maxOperations:1000", &Features::default()), Some(true));
    }

    #[test]
    fn the_configuration_wins() {
        let configured = |name: &str, takes| {
            let state = FeatureState { overridden: Some(takes), ..FeatureState::default() };
            Features([(Feature(name.to_owned()), state)].into())
        };
        let limits = Limits { max_operations: Some(2), max_results: None };
        let more = configured("maxOperations:4", true);
        assert_eq!(limits.allow("maxOperations:4", &more), Some(true));
        assert_eq!(limits.allow("maxOperations:3", &more), Some(true));
        assert_eq!(limits.allow("maxOperations:5", &more), Some(false));
        let fewer = configured("maxResults:3", false);
        assert_eq!(limits.allow("maxResults:2", &fewer), Some(true));
        assert_eq!(limits.allow("maxResults:10", &fewer), Some(false));
    }
}
