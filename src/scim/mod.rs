//! RFC 7643 and RFC 7644 as pure functions: no I/O, nothing asynchronous (layer 1).

pub mod resource_type;
pub mod schema;
pub mod urn;
