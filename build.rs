//! Fetches what the console's editor is made of, where npm is there; without it the console has its plain editor.
//!
//! `TREUE_EDITOR=none` leaves it out, `TREUE_EDITOR=required` fails the build where it cannot be had.

#![expect(clippy::disallowed_methods, reason = "a build script runs npm and talks to cargo")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Package, and the file of it that is its module. `src/console/assets/editor.js` names these, and they name each other.
const MODULES: [(&str, &str); 19] = [
    ("@codemirror/autocomplete", "dist/index.js"),
    ("@codemirror/commands", "dist/index.js"),
    ("@codemirror/lang-rust", "dist/index.js"),
    ("@codemirror/lang-yaml", "dist/index.js"),
    ("@codemirror/language", "dist/index.js"),
    ("@codemirror/lint", "dist/index.js"),
    ("@codemirror/search", "dist/index.js"),
    ("@codemirror/state", "dist/index.js"),
    ("@codemirror/streamparser", "dist/index.js"),
    ("@codemirror/view", "dist/index.js"),
    ("@lezer/common", "dist/index.js"),
    ("@lezer/highlight", "dist/index.js"),
    ("@lezer/lr", "dist/index.js"),
    ("@lezer/rust", "dist/index.js"),
    ("@lezer/yaml", "dist/index.js"),
    ("@marijn/find-cluster-break", "src/index.js"),
    ("crelt", "index.js"),
    ("style-mod", "src/style-mod.js"),
    ("w3c-keyname", "index.js"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/console/editor/package-lock.json");
    println!("cargo:rerun-if-env-changed=TREUE_EDITOR");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let (work, modules) = (out.join("npm"), out.join("editor"));
    let _ = fs::remove_dir_all(&modules);
    // The folder is embedded, empty or not.
    fs::create_dir_all(&modules)?;
    let wish = std::env::var("TREUE_EDITOR").unwrap_or_default();
    let fetched = if wish == "none" { Ok(false) } else { fetch(&work, &modules).map(|()| true) };
    println!("cargo:rustc-env=TREUE_BUILT_EDITOR={}", if matches!(fetched, Ok(true)) { "codemirror" } else { "plain" });
    if let Err(error) = fetched {
        let _ = fs::remove_dir_all(&modules);
        fs::create_dir_all(&modules)?;
        if wish == "required" {
            return Err(format!("the console's editor cannot be had from npm: {error}").into());
        }
        println!("cargo:warning=the console is built with its plain editor: {error}");
    }
    Ok(())
}

fn fetch(work: &Path, modules: &Path) -> Result<(), Box<dyn Error>> {
    let _ = fs::remove_dir_all(work);
    fs::create_dir_all(work)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(Path::new("src/console/editor").join(name), work.join(name))?;
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let quick = ["--fetch-retries=1", "--fetch-timeout=20000", "--fetch-retry-maxtimeout=2000"];
    let run = Command::new(npm)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(quick)
        .current_dir(work)
        .output()
        .map_err(|error| format!("npm cannot be run ({error})"))?;
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr);
        return Err(format!("`npm ci` failed: {}", said.lines().next().unwrap_or_default()).into());
    }
    for (package, module) in MODULES {
        let from = work.join("node_modules").join(package).join(module);
        let to = modules.join(format!("{package}.js"));
        fs::create_dir_all(to.parent().unwrap_or(modules))?;
        fs::copy(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
    }
    Ok(())
}
