//! No credential in any output, in any encoding: runs with known secrets against targets that echo them in every way.

#[path = "redaction/echo.rs"]
mod echo;
#[path = "redaction/leak.rs"]
mod leak;
#[path = "support/process.rs"]
mod process;
#[path = "support/raw.rs"]
mod raw;
#[path = "redaction/runs.rs"]
mod runs;
#[path = "support/scimcheck.rs"]
mod scimcheck_binary;
