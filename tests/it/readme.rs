//! Every command of the README is run: on a copy of the shipped bundle, against a server with the made-up base.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::Serving;

/// The fenced `sh` blocks, whole.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("```sh\n") {
        let (block, after) = after.split_once("\n```").expect("a block that ends");
        blocks.push(block.to_owned());
        rest = after;
    }
    blocks
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("a copy");
    }
}

#[test]
fn every_command_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["policies", "scripts"] {
        copy(&root.join(name), &folder.path().join(name));
    }
    let data = root.join("../shared/data/online_retail.csv.gz");
    assert!(data.exists(), "the purchase history {} is missing", data.display());
    fs::copy(data, folder.path().join("online_retail.csv.gz")).expect("a copy of the data");
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_treue"), bin.join("treue")).expect("a link");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());

    let page = fs::read_to_string(root.join("README.md")).expect("the README");
    let mut server: Option<Serving> = None;
    let mut ran = 0;
    for block in blocks(&page) {
        if let Some(arguments) = block.strip_prefix("cargo run --release -- ") {
            // What the newcomer builds first is built here already.
            let arguments: Vec<&str> = arguments.split(' ').chain(["--listen", "127.0.0.1:0"]).collect();
            server = Some(Serving::start_with(folder.path(), &arguments));
            ran += 1;
            continue;
        }
        if block == "cargo test" {
            // The command that runs this.
            continue;
        }
        let address = server.as_ref().expect("the README starts the server first").address;
        let script = format!("set -euo pipefail\n{}", block.replace("127.0.0.1:8080", &address.to_string()));
        let script = script.replace("curl -s ", "curl -s --fail-with-body ");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .env("PATH", &path)
            .stdin(Stdio::null())
            .output()
            .expect("bash");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{block}\n{text}");
        ran += 1;
    }
    assert!(ran >= 8, "the README has {ran} commands");
}
