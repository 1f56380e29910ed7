//! The filter language of RFC 7644 §3.4.2.2: its tree, and the tree as text.

mod evaluate;
mod parse;

use std::fmt;

use serde_json::{Number, Value};

use super::attribute_path::AttributePath;
use super::error::{ScimError, ScimType};

pub use evaluate::{asks_for_secrets, matches, validate};
pub(crate) use evaluate::{element_matches, validate_element};
pub use parse::MAX_DEPTH;
pub(crate) use parse::parse_value_path;

/// A comparison operator (RFC 7644 Table 3); `pr` is [`Filter::Present`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal to.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal to.
    Le,
}

impl Operator {
    /// Every comparison operator, in the order of Table 3.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The operator's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// Reads an operator without letter case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str().eq_ignore_ascii_case(word))
    }

    /// Whether this is `gt`, `ge`, `lt` or `le`.
    #[must_use]
    pub fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }
}

/// The right side of a comparison: a JSON scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, also a dateTime, a reference or base64.
    String(String),
}

impl Literal {
    /// The literal as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String(text.clone()),
        }
    }
}

/// A filter. `And` and `Or` have at least two operands.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// At least one operand matches.
    Or(Vec<Filter>),
    /// All operands match.
    And(Vec<Filter>),
    /// The operand does not match.
    Not(Box<Filter>),
    /// `path pr`.
    Present(AttributePath),
    /// `path op value`.
    Compare {
        /// Left side.
        path: AttributePath,
        /// Operator.
        operator: Operator,
        /// Right side.
        value: Literal,
    },
    /// `path[filter]`: one value of `path` matches all of `filter`, whose paths are sub-attributes.
    ValuePath {
        /// The complex attribute.
        path: AttributePath,
        /// What one of its values must match.
        filter: Box<Filter>,
    },
}

/// Why a filter does not parse, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at offset {offset}")]
pub struct FilterError {
    /// Bytes from the start of the filter.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl From<FilterError> for ScimError {
    /// 400 with `invalidFilter` (RFC 7644 Table 9).
    fn from(error: FilterError) -> Self {
        Self::of(ScimType::InvalidFilter, error.to_string())
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_value())
    }
}

impl fmt::Display for Filter {
    /// Writes the filter with as few parentheses as keep its meaning; parsing the text gives the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(operands) => join(f, operands, " or ", |operand| matches!(operand, Self::Or(_))),
            Self::And(operands) => {
                join(f, operands, " and ", |operand| matches!(operand, Self::Or(_) | Self::And(_)))
            }
            Self::Not(operand) => write!(f, "not ({operand})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare { path, operator, value } => write!(f, "{path} {} {value}", operator.as_str()),
            Self::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    operands: &[Filter],
    word: &str,
    needs_parentheses: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, operand) in operands.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if needs_parentheses(operand) {
            write!(f, "({operand})")?;
        } else {
            write!(f, "{operand}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal() -> impl Strategy<Value = Literal> {
        prop_oneof![
            Just(Literal::Null),
            any::<bool>().prop_map(Literal::Bool),
            any::<i64>().prop_map(|n| Literal::Number(n.into())),
            (-1e9_f64..1e9).prop_filter_map("finite", |n| Number::from_f64(n).map(Literal::Number)),
            any::<String>().prop_map(Literal::String),
        ]
    }

    fn attribute() -> impl Strategy<Value = AttributePath> {
        let urn = prop_oneof![Just(None), Just(Some("urn:example:2.0:User".to_owned()))];
        (urn, "[$]?[a-zA-Z][a-zA-Z0-9_-]{0,8}", proptest::option::of("[a-z]{1,4}"))
            .prop_map(|(urn, name, sub)| AttributePath { urn, name, sub })
    }

    fn filter_of(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
                inner.prop_map(|f| Filter::Not(Box::new(f))),
            ]
        })
    }

    fn simple() -> impl Strategy<Value = Filter> {
        prop_oneof![
            attribute().prop_map(Filter::Present),
            (attribute(), proptest::sample::select(&Operator::ALL[..]), literal())
                .prop_map(|(path, operator, value)| Filter::Compare { path, operator, value }),
        ]
    }

    /// Any filter.
    pub(crate) fn any_filter() -> impl Strategy<Value = Filter> {
        let value_path = (attribute(), filter_of(simple()))
            .prop_map(|(path, filter)| Filter::ValuePath { path, filter: Box::new(filter) });
        filter_of(prop_oneof![3 => simple(), 1 => value_path])
    }

    proptest! {
        #[test]
        fn parse_undoes_display(filter in any_filter()) {
            prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        }
    }
}
