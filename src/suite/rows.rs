//! Rows that are made from the target instead of written: which ones, as a suite says it. [`super::derive`] makes them.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where derived rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Derive {
    /// A row per entry of the target's `/ResourceTypes`, with the columns `name`, `type_id` (its `id`, or its name where
    /// it has none), `endpoint`, `schema`.
    ResourceTypes,
    /// A row per entry of the target's `/Schemas`, with the columns `schema` (its URN) and `name`.
    Schemas,
    /// A row per schema extension of a resource type, with the columns `name` (of the resource type), `endpoint`,
    /// `schema` (URN of the extension) and `required`.
    SchemaExtensions,
    /// A row per attribute and sub-attribute of a resource type, extensions included, chosen by `only`. Columns: `name`
    /// (of the resource type), `endpoint`, `schema` (URN), `schemas` (what a resource with the attribute declares),
    /// `path` (attribute path), `type`, `mutability`, `returned`, `value` and `other` (two valid values, equal where
    /// there is only one), `literal` and `other_literal` (the same as filters write them), `wrong` (a value of another
    /// JSON type), `member` (top-level member that holds it) with `holder`, `other_holder` and `wrong_holder` (that
    /// member with the value in its place): `with: { schemas: "${schemas}", "${member}": "${holder}" }`; likewise
    /// `empty_schemas` and `empty_holder` (without the attribute; null where the member holds nothing else), and
    /// `lacking_holder` (without the attribute, with all else). `made_up` is a value for a readOnly attribute, with
    /// `made_up_holder`, `made_up_forms` (as it might come back) and `made_up_other_holder` (the other Boolean).
    /// `finds_first`, `finds_second` and `finds_none` are filters over a resource with `value` and one with `other`, by
    /// which of them they find. Of a complex attribute, `part_path` names a sub-attribute that can be changed alone,
    /// to `part_value`; `part` is that in an object, `selected` its path in the value that is `value`. `refers_to` is the
    /// resource type that a reference may name. `shown_path` and `shown_value` are where `value` shows in what a server
    /// returns, and as what: a part of it where it is complex. `in_any_case` is `value`, but no text at all where letter
    /// case counts.
    Attributes,
}

/// Which attributes get a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeFilter {
    /// Data types, as in `[string, boolean]`.
    #[serde(default, rename = "type")]
    pub kind: Vec<String>,
    /// Mutability: `readOnly`, `readWrite`, `immutable`, `writeOnly`. A sub-attribute is not more writable than its
    /// attribute.
    #[serde(default)]
    pub mutability: Vec<String>,
    /// When it is returned: `always`, `default`, `request`, `never`. A sub-attribute is not shown more often than its
    /// attribute.
    #[serde(default)]
    pub returned: Vec<String>,
    /// Uniqueness: `none`, `server`, `global`.
    #[serde(default)]
    pub uniqueness: Vec<String>,
    /// Whether it, or what it stands in, has several values.
    #[serde(default)]
    pub multi_valued: Option<bool>,
    /// Whether it is required.
    #[serde(default)]
    pub required: Option<bool>,
    /// Whether letter case counts.
    #[serde(default)]
    pub case_exact: Option<bool>,
    /// Whether it is a sub-attribute.
    #[serde(default)]
    pub sub_attribute: Option<bool>,
    /// Whether it belongs to an extension.
    #[serde(default)]
    pub extension: Option<bool>,
    /// Whether the service provider may write its values in another form (ambiguity `canonicalization`).
    #[serde(default)]
    pub canonicalised: Option<bool>,
    /// Whether a client can send a value for it with POST and PUT without naming another resource, be it taken or not.
    #[serde(default)]
    pub sendable: Option<bool>,
    /// Whether a resource can lack just this: a member of its own, or one of several in an extension or a complex
    /// attribute.
    #[serde(default)]
    pub omittable: Option<bool>,
    /// Whether it is a reference that names a resource type, or complex with one.
    #[serde(default)]
    pub refers: Option<bool>,
    /// Whether it is complex and has a sub-attribute that can be changed alone.
    #[serde(default)]
    pub partial: Option<bool>,
    /// Whether a client can set it without naming another resource.
    #[serde(default)]
    pub settable: Option<bool>,
    /// Whether two different valid values are known.
    #[serde(default)]
    pub changeable: Option<bool>,
}
