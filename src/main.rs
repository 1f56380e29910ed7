//! The `scimcheck` command.

fn main() -> std::process::ExitCode {
    scimcheck::cli::main()
}
