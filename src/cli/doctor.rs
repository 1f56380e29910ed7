//! `scimcheck doctor`: is the configuration right? Reads only.

use std::fmt::Write as _;
use std::time::Instant;

use super::args::TargetArgs;
use super::connect::Connection;
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use crate::report::text::visible;
use crate::target::discovery::{self, Documents};
use crate::target::doctor;

pub(crate) async fn doctor(args: &TargetArgs, context: &Context) -> Result<ExitCode, CliError> {
    let mut connection = Connection::open_or_embedded(args, context).await?;
    connection.obtain_credential().await?;
    connection.discover_oauth().await?;
    let (transport, settings) = (connection.transport.as_ref(), &connection.settings);
    let began = Instant::now();
    let documents = Documents::read(transport, settings, began).await;
    let verdict = doctor::examine(transport, settings, &documents, began).await;

    let mut text = format!("{}\n", visible(connection.config.base_url.as_str()));
    // Where nothing answers at all the error says why, once.
    let asked = [&documents.service_provider_config, &documents.resource_types, &documents.users];
    let lines = match asked.iter().any(|exchange| exchange.response().is_some()) {
        true => doctor::observe(transport, settings, &documents, began).await,
        false => Vec::new(),
    };
    for line in lines {
        let mark = if line.good { "ok  " } else { "look" };
        let seen = connection.redactor.text(&line.seen);
        let _ = writeln!(text, "  {mark}  {:24} {}", line.subject, visible(&seen));
    }
    if verdict.is_ok() {
        let discovery = discovery::understand(documents, settings, began);
        let kinds: Vec<_> = discovery.model.resources.iter().map(|r| &*r.resource_type.name).collect();
        let _ = writeln!(text, "  ok    {:24} {}", "resource types", visible(&kinds.join(", ")));
        let optional = ["patch", "bulk", "filter", "sort", "etag", "changePassword"];
        let has: Vec<_> = optional.into_iter().filter(|name| discovery.model.features.has(name)).collect();
        let _ = writeln!(text, "  ok    {:24} {}", "features", has.join(", "));
        let probes = connection.settings.oauth.iter().filter_map(|feature| feature.strip_prefix("oauth:"));
        let probes: Vec<_> = probes.collect();
        if connection.oauth.is_some() {
            let _ = writeln!(text, "  ok    {:24} {}", "authorization server", probes.join(", "));
        }
        for finding in &discovery.findings {
            let _ = writeln!(
                text,
                "  look  {:24} {}",
                visible(&connection.redactor.text(&finding.wanted)),
                visible(&connection.redactor.text(&finding.got))
            );
        }
        text.push_str("ready\n");
    }
    context::print(&text)?;
    verdict.map_err(|problem| connection.not_ready(&problem))?;
    Ok(ExitCode::Success)
}
