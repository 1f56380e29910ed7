//! Reports: terminal, `results.json`, JUnit XML, an HTML page, Markdown, HAR, CTRF, TAP and a badge, all functions of a
//! [`RunResult`](crate::model::RunResult) and of the requirement catalogue (layer 6). The only I/O is [`write_all`].
//!
//! Everything that comes from the target is data: made visible ([`text::visible`]), escaped for its format, bounded.

pub mod annotations;
pub mod badge;
mod cause;
mod checkpoint;
mod clock;
pub mod ctrf;
mod dialogue;
pub mod diff;
pub mod evidence;
pub mod har;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod merge;
mod paint;
mod replay;
mod requests;
pub mod summary;
pub mod tap;
pub mod terminal;
pub mod text;
mod write;

pub use self::checkpoint::Checkpoints;
pub use self::write::{WriteError, render, replace, write, write_all};
