//! Reports: terminal, `results.json`, JUnit XML and an HTML page, all functions of a
//! [`RunResult`](crate::model::RunResult) and of the requirement catalogue (layer 6). The only I/O is [`write_all`].
//!
//! Everything that comes from the target is data: made visible ([`text::visible`]), escaped for its format, bounded.

mod dialogue;
pub mod evidence;
pub mod html;
pub mod json;
pub mod junit;
mod paint;
pub mod summary;
pub mod terminal;
pub mod text;
mod write;

pub use self::write::{FILES, WriteError, replace, write_all};
