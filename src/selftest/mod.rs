//! Proof that the suites see what is wrong: the reference server is given one fault after the other, and the suites have
//! to notice each (layer 7). And the other direction: nothing may fail on a variant, which the RFCs allow.
//!
//! [`Reference`] is a reference server that has all that a suite can ask for; `sweep` runs the suites against one for
//! each [`Broken`]; [`verdict`] says whether a fault was caught; [`Table`] is what is recorded of that
//! (`fixtures/selftest/caught/`), [`page`] and [`story`] are what people read.

mod authorization;
mod figures;
mod local;
pub mod page;
mod reference;
pub mod story;
mod sweep;
mod table;
mod universe;
pub mod verdict;

pub use self::authorization::authorization_server;
pub use self::figures::{Figures, Share};
pub use self::reference::Reference;
pub use self::sweep::{Broken, Cases, Sweep, Trial};
pub use self::table::{Record, Table};
pub use self::universe::Universe;
pub use self::verdict::{Seen, Sight};
