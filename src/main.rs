//! The `treue` command.

fn main() {}
