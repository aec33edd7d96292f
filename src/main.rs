//! The `treue` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::disallowed_methods, reason = "the arguments come in here and go down as values")]
fn main() -> ExitCode {
    treue::cli::run(std::env::args_os())
}
