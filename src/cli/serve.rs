//! `scimcheck serve`: the reference server in the foreground.

use std::io::ErrorKind;

use secrecy::SecretString;

use super::args::ServeArgs;
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use super::interrupt::Interrupts;
use crate::server::{Options, Server};

pub(crate) async fn serve(args: &ServeArgs, context: &Context) -> Result<ExitCode, CliError> {
    let without = args.without.iter().copied().collect();
    let variants = args.variants.iter().copied().collect();
    let faults = args.faults.iter().copied().collect();
    let mut options = Options { port: args.port, without, variants, faults, ..Options::default() };
    if let Some(variable) = &args.token_env {
        options.token = secret(context, variable, "the token that the server accepts")?;
    }
    if let Some(variable) = &args.client_secret_env {
        options.oauth.client_secret = secret(context, variable, "the secret of the OAuth client")?;
    }
    // Whoever has read the lines below may end the process at once.
    let mut interrupts = Interrupts::listen()?;
    let server = Server::start(options).await.map_err(|error| match error.kind() {
        // A token that no header can carry, or one for two credentials: the port has nothing to do with it.
        ErrorKind::InvalidInput => CliError::usage(format!("cannot serve: {error}")),
        _ => CliError::usage(format!("cannot serve on port {}: {error}", args.port)),
    })?;
    // Scripts read the first line and wait for it: the server answers from here on. The second one is for those that try
    // the tokens of users.
    context::print(&format!(
        "BASE={} TOKEN={}\nISSUER={} CLIENT_ID={} CLIENT_SECRET={}\n",
        server.base_url(),
        server.token(),
        server.issuer(),
        server.client_id(),
        server.client_secret()
    ))?;
    interrupts.next().await;
    server.shutdown().await;
    Ok(ExitCode::Success)
}

/// What an environment variable holds.
fn secret(context: &Context, variable: &str, what: &str) -> Result<SecretString, CliError> {
    let set = context.env(variable);
    let state = if set.is_some() { "empty" } else { "not set" };
    let secret = set.filter(|secret| !secret.is_empty()).ok_or_else(|| CliError::Config {
        message: format!("the environment variable {variable} is {state}"),
        help: Some(format!("it is to hold {what}: export {variable}=…")),
    })?;
    Ok(secret.into())
}
