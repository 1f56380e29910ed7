//! The target: configuration, doctor, discovery to features (layer 4).

pub mod config;
pub mod discovery;
pub mod doctor;
mod model;

pub use model::{Discovery, TargetModel};
