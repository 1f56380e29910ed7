//! `scimcheck schema`: the JSON Schemas of what users write and of what reports hold.

use super::args::{SchemaArgs, SchemaOf};
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use crate::report;
use crate::suite;
use crate::target::config;

pub(crate) fn schema(args: &SchemaArgs) -> Result<ExitCode, CliError> {
    let schema = match args.of {
        SchemaOf::Suite => suite::schema::suite_schema().clone(),
        SchemaOf::Config => config::schema().clone(),
        SchemaOf::Results => report::json::schema(),
        SchemaOf::Baseline => suite::baseline::schema().clone(),
    };
    context::print(&format!("{schema:#}\n"))?;
    Ok(ExitCode::Success)
}
