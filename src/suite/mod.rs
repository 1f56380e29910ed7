//! Suites: from YAML text to checked, typed cases (layer 2).

mod auth;
pub mod baseline;
pub mod catalogue;
pub mod caught;
pub mod derive;
pub mod diagnostic;
pub mod duration;
pub mod faults;
pub mod format;
pub mod lint;
pub mod load;
mod logins;
mod parallel;
mod repair;
pub mod rows;
pub mod schema;
pub mod select;
pub mod source;
mod syntax;
pub mod template;
mod tree;
pub mod validate;
pub mod yaml;

pub use load::{Suite, embedded, load};
pub use source::Source;
