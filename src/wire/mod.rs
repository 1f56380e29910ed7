//! HTTP (layer 3).
