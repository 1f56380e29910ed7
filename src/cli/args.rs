//! The command line as clap reads it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::run::partition::Partition;
use crate::server::{Fault, OptionalFeature, Variant, faults};
use crate::suite::faults::Faults;

/// A conformance test harness for SCIM 2.0 service providers (RFC 7643, RFC 7644).
#[derive(Debug, Parser)]
#[command(
    name = "scimcheck",
    version,
    arg_required_else_help = true,
    after_help = "Without a target, `scimcheck run` starts the embedded reference server and tests that.\n\
                  Exit codes: `scimcheck explain exit-codes`."
)]
pub(crate) struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run suites against a target and write the reports
    Run(Box<RunArgs>),
    /// List suites, cases, checks, requirements, faults or variants
    List(ListArgs),
    /// Explain a case, a check, a requirement, an ambiguity, a fault or the exit codes
    Explain(ExplainArgs),
    /// Say which requirements a check verifies, and why the others have none
    Coverage(CoverageArgs),
    /// Break the reference server in many ways, and see whether the suites notice
    Selftest(SelftestArgs),
    /// Check suite files; every mistake of a file at once
    Lint(LintArgs),
    /// Say whether the configuration is right, without changing anything on the target
    Doctor(TargetArgs),
    /// Write a commented scimcheck.toml
    Init(InitArgs),
    /// Serve the reference server in the foreground
    Serve(ServeArgs),
    /// Render reports from a results.json; exits as the run did
    Report(ReportArgs),
    /// Compare two results: two runs of one server, or two servers
    Diff(DiffArgs),
    /// Join the results of runs that shared the work
    Merge(MergeArgs),
    /// Write a baseline of known failures
    Baseline(BaselineArgs),
    /// Delete what a killed run left behind
    Cleanup(CleanupArgs),
    /// Print a JSON Schema
    Schema(SchemaArgs),
    /// Print a completion script
    Completions {
        /// For this shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or that of a command
    Man {
        /// Of this command.
        command: Option<String>,
    },
}

/// Which target, and how it is reached.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TargetArgs {
    /// A target of the configuration, or a base URL; without one the embedded reference server
    #[arg(long, short, value_name = "NAME|URL")]
    pub(crate) target: Option<String>,
    /// The configuration; default: scimcheck.toml in the working directory
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The environment variable that holds the bearer token
    #[arg(long, value_name = "VAR")]
    pub(crate) token_env: Option<String>,
    /// Profile of the target, for the report
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// What the target can do, whatever it says itself, as in `patch=false`; may be repeated
    #[arg(long = "feature", value_name = "NAME=BOOL", value_parser = feature)]
    pub(crate) features: Vec<(String, bool)>,
    /// Domain of everything that looks like an e-mail address
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Option<String>,
    /// Certificates (PEM) that are trusted in addition to those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Requests per second at most
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub(crate) max_rate: Option<f64>,
    /// How much of a response body is read at most, as in `4MiB`
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_body: Option<usize>,
    /// Until a connection stands, as in `5s`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) connect_timeout: Option<Duration>,
    /// From sending a request until the last byte of its answer
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) request_timeout: Option<Duration>,
    /// A whole case, without its clean-up; one that waits for logins to end has at least their deadline and a minute
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) case_timeout: Option<Duration>,
    /// A whole run; cases that have not begun by then do not
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) run_timeout: Option<Duration>,
}

/// A glob over ids. Only `*` has a meaning; what other tools take as a pattern would quietly match nothing.
fn glob(text: &str) -> Result<String, String> {
    match text.chars().find(|c| "[]{}?!\\".contains(*c) || c.is_whitespace() || c.is_control()) {
        Some(c) => {
            Err(format!("malformed glob: `{}` stands in no id; `*` stands for any text", c.escape_debug()))
        }
        None => Ok(text.to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::suite::duration::parse(text).ok_or_else(|| "a duration is as in 500ms, 30s or 2m".to_owned())
}

/// A fault that the reference server has; not all that are described can be built.
fn fault(id: &str) -> Result<Fault, String> {
    match Faults::embedded().get(id) {
        Some(_) if !faults().iter().any(|fault| fault.id() == id) => Err(format!(
            "it is described, but the reference server cannot be given it: `scimcheck explain {id}` says why"
        )),
        _ => id.parse(),
    }
}

fn size(text: &str) -> Result<usize, String> {
    crate::target::config::parse_size(text).ok_or_else(|| "a size is as in 512KiB or 4MiB".to_owned())
}

fn feature(text: &str) -> Result<(String, bool), String> {
    let (name, value) = text.rsplit_once('=').ok_or("as in patch=false")?;
    let value = value.parse().map_err(|_| "the value is true or false".to_owned())?;
    Ok((name.to_owned(), value))
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    #[command(flatten)]
    pub(crate) suites: SuitesArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Cases that run at the same time
    #[arg(long, short, value_name = "N", allow_negative_numbers = true)]
    pub(crate) jobs: Option<usize>,
    /// The seed of all names and ids; default: drawn anew. Runs with the same seed give the same names: never at the
    /// same time on one target
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Where the reports go
    #[arg(long, short, value_name = "DIR", default_value = "reports/latest")]
    pub(crate) output: PathBuf,
    /// Which reports, separated by commas: json, junit, html, markdown, har, ctrf, tap, badge, or all; default: `reports` of
    /// scimcheck.toml, else junit,html; results.json is always written
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', value_parser = super::formats::parser())]
    pub(crate) formats: Vec<String>,
    /// Print annotations for this CI server
    #[arg(long, value_enum, value_name = "CI")]
    pub(crate) annotations: Option<Annotations>,
    /// Failures that are known, with the reason of each; default: `baseline` of the target in scimcheck.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Only a part of the selected cases, as in `hash:1/4`, so that several runs share the work; see `merge`
    #[arg(long, value_name = "hash:PART/PARTS")]
    pub(crate) partition: Option<Partition>,
    /// Show what passed and what was recorded, too
    #[arg(long, short, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Show failures and the summary only
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Do not draw a progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Where suites come from.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SuitesArgs {
    /// Suite files or folders instead of those that scimcheck brings; `builtin` names the latter
    #[arg(long = "suites", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}

/// Which of them run.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Only suites whose id fits, as in `crud/*`; may be repeated
    #[arg(long = "suite", value_name = "GLOB", value_parser = glob)]
    pub(crate) suites: Vec<String>,
    /// Only cases whose id fits, as in `crud/create/minimal`; may be repeated
    #[arg(long = "case", value_name = "GLOB", value_parser = glob)]
    pub(crate) cases: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum)]
    pub(crate) what: Listed,
    #[command(flatten)]
    pub(crate) suites: SuitesArgs,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Text, or one JSON array
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    Suites,
    Cases,
    Checks,
    Requirements,
    Faults,
    Variants,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of a case, a check (`CASE#CHECK`), a requirement, an ambiguity, a fault or a variant; or `exit-codes`, or a number
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) suites: SuitesArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    #[command(flatten)]
    pub(crate) suites: SuitesArgs,
    /// A summary, all of it as JSON, or the page docs/coverage.md
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    pub(crate) format: CoverageFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct SelftestArgs {
    /// Only this fault; may be repeated
    #[arg(long = "fault", value_name = "ID", value_parser = fault)]
    pub(crate) faults: Vec<Fault>,
    /// Only the faults of this area; may be repeated
    #[arg(long = "area", value_name = "AREA")]
    pub(crate) areas: Vec<String>,
    /// The variants in place of the faults: none of them may fail
    #[arg(long, conflicts_with_all = ["faults", "areas"])]
    pub(crate) variants: bool,
    /// Run all cases, and not just those that saw the fault before
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) suites: SuitesArgs,
    /// Servers that are tested at the same time; default: two for each processor
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Write what saw each fault below this folder: fixtures/selftest/caught/, and docs/selftest.md with all faults
    #[arg(long, value_name = "PROJECT", requires = "full", conflicts_with_all = ["variants", "paths"])]
    pub(crate) record: Option<std::path::PathBuf>,
    /// A matrix, all of it as JSON, or the page docs/selftest.md
    #[arg(long, value_enum, default_value_t = SelftestFormat::Text)]
    pub(crate) format: SelftestFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SelftestFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Suite files or folders; default: the folder `suites` if there is one, else the suites that scimcheck brings
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Text, or one JSON array
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "scimcheck.toml")]
    pub(crate) path: PathBuf,
    /// For this kind of target
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,
    /// Overwrite it if it exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// The environment variable that holds the bearer token to accept; default: a token drawn anew
    #[arg(long, value_name = "VAR")]
    pub(crate) token_env: Option<String>,
    /// The environment variable that holds the secret of the OAuth client; default: a secret drawn anew
    #[arg(long, value_name = "VAR")]
    pub(crate) client_secret_env: Option<String>,
    /// A part of the protocol that the server is to do without, as in `bulk`; may be repeated
    #[arg(long, value_name = "FEATURE")]
    pub(crate) without: Vec<OptionalFeature>,
    /// Behave in another way that the RFCs allow; may be repeated
    #[arg(long = "variant", value_name = "ID")]
    pub(crate) variants: Vec<Variant>,
    /// Have this defect; may be repeated
    #[arg(long = "fault", value_name = "ID", value_parser = fault)]
    pub(crate) faults: Vec<Fault>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A results.json
    #[arg(value_name = "RESULTS")]
    pub(crate) results: PathBuf,
    /// Write reports into this folder
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Which reports, separated by commas: json, junit, html, markdown, har, ctrf, tap, badge, or all; default: json,junit,html;
    /// without --output a single one goes to standard output
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', value_parser = super::formats::parser())]
    pub(crate) formats: Vec<String>,
    /// Print annotations for this CI server
    #[arg(long, value_enum, value_name = "CI")]
    pub(crate) annotations: Option<Annotations>,
    /// Write the JUnit report
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the HTML report
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Show what passed and what was recorded, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The results.json to compare with
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,
    /// The results.json that is compared
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,
    /// How it is shown
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
    /// The file to write; default: standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    Text,
    Markdown,
    Html,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The results.json of each part
    #[arg(value_name = "RESULTS", required = true, num_args = 1..)]
    pub(crate) results: Vec<PathBuf>,
    /// Where the reports go
    #[arg(long, short, value_name = "DIR", default_value = "reports/latest")]
    pub(crate) output: PathBuf,
    /// Which reports, separated by commas: json, junit, html, markdown, har, ctrf, tap, badge, or all; default:
    /// junit,html; results.json is always written
    #[arg(long = "format", value_name = "FORMAT", value_delimiter = ',', value_parser = super::formats::parser())]
    pub(crate) formats: Vec<String>,
    /// Print annotations for this CI server
    #[arg(long, value_enum, value_name = "CI")]
    pub(crate) annotations: Option<Annotations>,
    /// Show what passed and what was recorded, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    #[command(subcommand)]
    pub(crate) command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// List what failed in a run, so that it is excused in the next; what is known already keeps its reason
    Propose {
        /// A results.json
        #[arg(value_name = "RESULTS")]
        results: PathBuf,
        /// The file to write; default: standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// A CI server that reads annotations from the output of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Annotations {
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct CleanupArgs {
    /// The ledger that the run left
    #[arg(value_name = "LEDGER")]
    pub(crate) ledger: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of what
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// A suite file
    Suite,
    /// scimcheck.toml
    Config,
    /// results.json
    Results,
    /// A baseline of known failures
    Baseline,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
