//! `scimcheck cleanup LEDGER`: deletes what a killed run left behind.

use std::fmt::Write as _;
use std::time::Instant;

use super::args::CleanupArgs;
use super::connect::Connection;
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use crate::report::text::visible;
use crate::run::cleanup;
use crate::run::ledger;
use crate::target::discovery::Documents;
use crate::target::doctor;

pub(crate) async fn cleanup(args: &CleanupArgs, context: &Context) -> Result<ExitCode, CliError> {
    let outstanding = ledger::read(&args.ledger).map_err(|error| CliError::usage(error.to_string()))?;
    let mut target = args.target.clone();
    // The ledger knows where its resources are; the target has to be named only if its name is not in the
    // configuration any more.
    if target.target.is_none() {
        let known = Connection::knows(&target, context, &outstanding.target)?;
        target.target = Some(if known { outstanding.target.clone() } else { outstanding.base_url.clone() });
    }
    let connection = Connection::open(&target, context)?;
    let same = |url: &str| url.trim_end_matches('/').to_owned();
    if same(connection.config.base_url.as_str()) != same(&outstanding.base_url) {
        return Err(CliError::Usage {
            message: format!(
                "the ledger is of {}, but the target is {}: nothing was deleted",
                outstanding.base_url, connection.config.base_url
            ),
            help: Some(format!("--target {}", outstanding.base_url)),
        });
    }
    let transport = connection.transport.as_ref();
    connection.obtain_credential().await?;
    let began = Instant::now();
    let documents = Documents::read(transport, &connection.settings, began).await;
    doctor::examine(transport, &connection.settings, &documents, began)
        .await
        .map_err(|problem| connection.not_ready(&problem))?;
    let done = cleanup::cleanup(&args.ledger, transport)
        .await
        .map_err(|error| CliError::usage(error.to_string()))?;
    let mut text = String::new();
    for url in &done.deleted {
        let _ = writeln!(text, "deleted    {}", visible(&connection.redactor.text(url)));
    }
    for left in &done.left_over {
        let _ = writeln!(
            text,
            "left over  {}: {}",
            visible(&connection.redactor.text(&left.url)),
            visible(&connection.redactor.text(&left.reason))
        );
    }
    let _ = match done.left_over.len() {
        0 => writeln!(text, "{} deleted; nothing is left over, the ledger is removed", done.deleted.len()),
        left => writeln!(text, "{} deleted, {left} left over; the ledger stays", done.deleted.len()),
    };
    context::print(&text)?;
    Ok(if done.left_over.is_empty() { ExitCode::Success } else { ExitCode::Failure })
}
