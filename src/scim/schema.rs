//! Schema definitions and attribute characteristics (RFC 7643 §2.2 and §7).

use serde_json::{Map, Value, json};

/// Attribute data type (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// Unicode text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// xsd:dateTime.
    DateTime,
    /// Base64.
    Binary,
    /// A URI, see [`Attribute::reference_types`].
    Reference,
    /// Sub-attributes.
    Complex,
}

/// Who may change a value, and when (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// The service provider only.
    ReadOnly,
    /// Anyone, any time.
    ReadWrite,
    /// Set once.
    Immutable,
    /// Never returned.
    WriteOnly,
}

/// When a value is returned (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returned {
    /// In every answer.
    Always,
    /// In no answer.
    Never,
    /// Unless excluded.
    Default,
    /// Only when asked for.
    Request,
}

/// Within what a value is unique (RFC 7643 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// Nothing.
    None,
    /// The service provider (tenant).
    Server,
    /// The world.
    Global,
}

macro_rules! characteristic {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word that schema documents use.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// Reads the word of a schema document; letter case is ignored (RFC 7643 §2.1).
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                $(if word.eq_ignore_ascii_case($word) { return Some(Self::$variant); })+
                None
            }
        }
    };
}

characteristic!(AttributeType {
    String = "string",
    Boolean = "boolean",
    Decimal = "decimal",
    Integer = "integer",
    DateTime = "dateTime",
    Binary = "binary",
    Reference = "reference",
    Complex = "complex",
});
characteristic!(Mutability {
    ReadOnly = "readOnly",
    ReadWrite = "readWrite",
    Immutable = "immutable",
    WriteOnly = "writeOnly",
});
characteristic!(Returned { Always = "always", Never = "never", Default = "default", Request = "request" });
characteristic!(Uniqueness { None = "none", Server = "server", Global = "global" });

/// One attribute with its characteristics; absent ones have the defaults of RFC 7643 §2.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Name as the schema spells it; compared without letter case.
    pub name: String,
    /// Data type.
    pub attribute_type: AttributeType,
    /// Whether values stand in an array.
    pub multi_valued: bool,
    /// Human-readable description.
    pub description: Option<String>,
    /// Whether a value is demanded.
    pub required: bool,
    /// Suggested values.
    pub canonical_values: Vec<String>,
    /// Whether letter case counts when values are compared.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is returned.
    pub returned: Returned,
    /// Within what it is unique.
    pub uniqueness: Uniqueness,
    /// Resource types, `uri` or `external`; for references.
    pub reference_types: Vec<String>,
    /// Of a complex attribute.
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// An attribute with the default characteristics of RFC 7643 §2.2.
    #[must_use]
    pub fn new(name: &str, attribute_type: AttributeType) -> Self {
        Self {
            name: name.to_owned(),
            attribute_type,
            multi_valued: false,
            description: None,
            required: false,
            canonical_values: Vec::new(),
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
        }
    }

    /// Reads an element of `attributes` or `subAttributes`. Lenient: a characteristic that is absent or not
    /// understood gets its default, so that a faulty schema document does not end a run. `None` without a name.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let word = |key: &str| object.get(key).and_then(Value::as_str);
        let flag = |key: &str| object.get(key).and_then(Value::as_bool).unwrap_or(false);
        let words = |key: &str| -> Vec<String> {
            let items = object.get(key).and_then(Value::as_array);
            items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let name = word("name")?;
        let sub_attributes: Vec<_> = attributes_from(object.get("subAttributes"));
        let default_type =
            if sub_attributes.is_empty() { AttributeType::String } else { AttributeType::Complex };
        Some(Self {
            name: name.to_owned(),
            attribute_type: word("type").and_then(AttributeType::from_word).unwrap_or(default_type),
            multi_valued: flag("multiValued"),
            description: word("description").map(str::to_owned),
            required: flag("required"),
            canonical_values: words("canonicalValues"),
            case_exact: flag("caseExact"),
            mutability: word("mutability").and_then(Mutability::from_word).unwrap_or(Mutability::ReadWrite),
            returned: word("returned").and_then(Returned::from_word).unwrap_or(Returned::Default),
            uniqueness: word("uniqueness").and_then(Uniqueness::from_word).unwrap_or(Uniqueness::None),
            reference_types: words("referenceTypes"),
            sub_attributes,
        })
    }

    /// The attribute as a schema document shows it, every characteristic spelled out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("name".into(), json!(self.name));
        object.insert("type".into(), json!(self.attribute_type.as_str()));
        object.insert("multiValued".into(), json!(self.multi_valued));
        object.insert("description".into(), json!(self.description.as_deref().unwrap_or("")));
        object.insert("required".into(), json!(self.required));
        if !self.canonical_values.is_empty() {
            object.insert("canonicalValues".into(), json!(self.canonical_values));
        }
        object.insert("caseExact".into(), json!(self.case_exact));
        object.insert("mutability".into(), json!(self.mutability.as_str()));
        object.insert("returned".into(), json!(self.returned.as_str()));
        object.insert("uniqueness".into(), json!(self.uniqueness.as_str()));
        if !self.reference_types.is_empty() {
            object.insert("referenceTypes".into(), json!(self.reference_types));
        }
        if !self.sub_attributes.is_empty() {
            let subs: Vec<_> = self.sub_attributes.iter().map(Self::to_value).collect();
            object.insert("subAttributes".into(), Value::Array(subs));
        }
        Value::Object(object)
    }

    /// A sub-attribute by name, without letter case.
    #[must_use]
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.sub_attributes, name)
    }

    /// The text in the form in which values of this attribute are compared: as it is if `caseExact`, else in lower
    /// case (RFC 7643 §2.2) and composed (normalisation form C), so that one name is one name however it was typed
    /// (RFC 7644 §5; RFC 8265 §3.3.3).
    #[must_use]
    pub fn fold<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if self.case_exact { text.into() } else { fold(text).into() }
    }

    /// Whether this is a complex attribute.
    #[must_use]
    pub fn is_complex(&self) -> bool {
        self.attribute_type == AttributeType::Complex
    }
}

/// A text in lower case and composed: what names without letter case are compared by.
#[must_use]
pub fn fold(text: &str) -> String {
    let lower = text.to_lowercase();
    if lower.is_ascii() {
        return lower;
    }
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&lower).into_owned()
}

/// A schema definition (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The URN.
    pub id: String,
    /// Human-readable name.
    pub name: Option<String>,
    /// Human-readable description.
    pub description: Option<String>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// Reads a Schema resource; lenient like [`Attribute::from_value`]. `None` without an id.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let word = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            id: word("id")?,
            name: word("name"),
            description: word("description"),
            attributes: attributes_from(value.get("attributes")),
        })
    }

    /// The schema as a Schema resource, without `meta`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let attributes: Vec<_> = self.attributes.iter().map(Attribute::to_value).collect();
        json!({
            "schemas": [super::urn::SCHEMA],
            "id": self.id,
            "name": self.name.as_deref().unwrap_or(""),
            "description": self.description.as_deref().unwrap_or(""),
            "attributes": attributes,
        })
    }

    /// An attribute by name, without letter case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        find(&self.attributes, name)
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

fn attributes_from(value: Option<&Value>) -> Vec<Attribute> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Attribute::from_value).collect()
}
