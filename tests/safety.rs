//! Only what a run created is ever changed or deleted, whatever happens to the run and whatever the target does.

#[path = "safety/faults.rs"]
mod faults;
#[path = "safety/killed.rs"]
mod killed;
#[path = "support/process.rs"]
mod process;
#[path = "safety/proxy.rs"]
mod proxy;
#[path = "support/raw.rs"]
mod raw;
#[path = "support/scimcheck.rs"]
mod scimcheck_binary;
#[path = "safety/suites.rs"]
mod suites;
#[path = "safety/world.rs"]
mod world;
