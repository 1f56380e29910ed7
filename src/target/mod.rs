//! The target: configuration, doctor, discovery to features (layer 4).

mod model;

pub use model::{Discovery, TargetModel};
