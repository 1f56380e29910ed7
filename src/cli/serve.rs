//! `scimcheck serve`: the reference server in the foreground.

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
        let set = context.env(variable);
        let state = if set.is_some() { "empty" } else { "not set" };
        let token = set.filter(|token| !token.is_empty()).ok_or_else(|| CliError::Config {
            message: format!("the environment variable {variable} is {state}"),
            help: Some(format!("it is to hold the token that the server accepts: export {variable}=…")),
        })?;
        options.token = token.into();
    }
    // Whoever has read the line below may end the process at once.
    let mut interrupts = Interrupts::listen()?;
    let server = Server::start(options)
        .await
        .map_err(|error| CliError::usage(format!("cannot serve on port {}: {error}", args.port)))?;
    // Scripts read this line and wait for it: the server answers from here on.
    context::print(&format!("BASE={} TOKEN={}\n", server.base_url(), server.token()))?;
    interrupts.next().await;
    server.shutdown().await;
    Ok(ExitCode::Success)
}
