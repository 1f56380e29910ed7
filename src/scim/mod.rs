//! RFC 7643 and RFC 7644 as pure functions: no I/O, nothing asynchronous (layer 1).

pub mod attribute_path;
pub mod builtin;
pub mod bulk;
pub mod compare;
pub mod date_time;
pub mod error;
pub mod filter;
pub mod json_schema;
pub mod location;
pub mod patch;
pub mod payload;
pub mod projection;
pub mod resource_type;
pub mod schema;
pub mod search;
pub mod sort;
pub mod urn;
pub mod validate;

pub(crate) mod conform;
pub(crate) mod object;

#[cfg(test)]
pub(crate) mod test_schemas;
