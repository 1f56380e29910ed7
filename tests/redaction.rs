//! No credential in any output, in any encoding: runs with known secrets against targets that echo them in every way.

#[path = "redaction/echo.rs"]
mod echo;
#[path = "redaction/leak.rs"]
mod leak;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod process;
#[path = "support/raw.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod raw;
#[path = "redaction/runs.rs"]
mod runs;
#[path = "support/scimcheck.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod scimcheck_binary;
