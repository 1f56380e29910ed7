//! Suites: from YAML text to checked, typed cases (layer 2).

pub mod catalogue;
pub mod diagnostic;
pub mod format;
pub mod select;
pub mod source;
pub mod template;
pub mod yaml;
