//! Suites (layer 2).
