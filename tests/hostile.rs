//! Hostile targets: each answer ends in a finding or in an exit 5; never in a panic, a hang, or a full memory.

#[path = "hostile/answers.rs"]
mod answers;
#[path = "hostile/discovery.rs"]
mod discovery;
#[path = "hostile/measure.rs"]
mod measure;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "hostile/provider.rs"]
mod provider;
#[path = "support/raw.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod raw;
