//! `scimcheck init`: a commented scimcheck.toml to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use super::args::InitArgs;
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use crate::target::config;

pub(crate) fn init(args: &InitArgs) -> Result<ExitCode, CliError> {
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let mut file = options.open(&args.path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::Usage {
            message: format!("{} exists already", args.path.display()),
            help: Some("--force overwrites it".to_owned()),
        },
        _ => CliError::file("write", &args.path, &error),
    })?;
    let written = file.write_all(config::init_template(args.profile.as_deref()).as_bytes());
    written.map_err(|error| CliError::file("write", &args.path, &error))?;
    context::print(&format!(
        "wrote {}; set base_url and the credential, then: scimcheck doctor\n",
        args.path.display()
    ))?;
    Ok(ExitCode::Success)
}
