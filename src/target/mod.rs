//! The target: configuration, doctor, discovery to features (layer 4).

pub mod config;
pub mod discovery;
pub mod doctor;
mod limits;
mod model;

pub use limits::Limits;
pub use model::{Discovery, TargetModel};
