//! Only what a run created is ever changed or deleted, whatever happens to the run and whatever the target does.

#[path = "safety/faults.rs"]
mod faults;
#[path = "safety/killed.rs"]
mod killed;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "safety/proxy.rs"]
mod proxy;
#[path = "support/raw.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod raw;
#[path = "support/scimcheck.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod scimcheck_binary;
#[path = "safety/suites.rs"]
mod suites;
#[path = "safety/world.rs"]
mod world;
