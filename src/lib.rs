//! scimcheck: a conformance test harness for SCIM 2.0 service providers (RFC 7643, RFC 7644, RFC 9865).
//!
//! The tree is layered; imports go down only (see `ARCHITECTURE.md` and `tests/architecture.rs`).

pub mod check;
pub mod cli;
pub mod harness;
pub mod model;
pub mod report;
pub mod run;
pub mod scim;
pub mod selftest;
pub mod server;
pub mod suite;
pub mod target;
pub mod wire;
