//! Suites: from YAML text to checked, typed cases (layer 2).

pub mod format;
