//! The terminal: parse arguments, call the app, print.
//!
//! Reading order: [`args`] (what can be typed), [`config`] (flags, environment, `treue.toml`, defaults), [`mod@print`]
//! (colours, JSON, progress), then one file per command.

mod args;
mod bulk;
mod check;
mod config;
mod fmt;
mod keep;
mod keys;
mod optimize;
mod print;
mod quote;
mod report;
mod serve;
mod simulate;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use args::Cli;
use args::Command;
use config::Config;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Done.
    Done,
    /// The answer is no: a failed check or test.
    No,
}

/// Runs the command line. Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 could not.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Where nobody reads what is printed, the status still says how it went.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let config = match Config::load(&cli.common) {
        Ok(config) => config,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
    match dispatch(cli.command, &config) {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::No) => ExitCode::from(1),
        Err(error) if print::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            let wrong_usage = report::is_wrong_usage(&error) || bulk::is_wrong_usage(&error);
            ExitCode::from(if wrong_usage { 2 } else { 3 })
        }
    }
}

fn dispatch(command: Command, config: &Config) -> anyhow::Result<End> {
    match command {
        Command::Serve(args) => serve::run(args, config),
        Command::Check(args) => check::run(&args, config),
        Command::Test(args) => test::run(&args, config),
        Command::Fmt(args) => fmt::run(&args, config),
        Command::Schema(args) => print::json(&match (args.tests, args.scenario) {
            (true, _) => crate::policy::test_schema(),
            (false, true) => crate::policy::scenario_schema(),
            (false, false) => crate::policy::schema(),
        }),
        Command::Openapi => print::json(&crate::http::openapi()),
        Command::Quote(args) => quote::run(&args, config),
        Command::Explain(args) => quote::explain(&args, config),
        Command::Report(args) => report::run(&args, config),
        Command::Optimize { command } => optimize::run(&command, config),
        Command::Simulate(args) => simulate::run(&args, config),
        Command::Import(args) => bulk::import(&args, config),
        Command::Export(args) => bulk::export(&args, config),
        Command::Demo(args) => bulk::demo(&args, config),
        Command::Verify(args) => keep::run_verify(&args, config),
        Command::Backup(args) => keep::backup(&args, config),
        Command::Restore(args) => keep::restore(&args, config),
        Command::Keys { command } => keys::run(&command, config),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "treue", &mut std::io::stdout());
            Ok(End::Done)
        }
    }
}
