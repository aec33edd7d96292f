//! What the plan of the house says, checked on the code itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder with one of these endings, by their paths from the root.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let walked = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name();
    let paths = walked.into_iter().map(|entry| entry.expect("a readable folder").into_path());
    let wanted = |path: &PathBuf| path.extension().is_some_and(|ending| endings.iter().any(|e| ending == *e));
    paths
        .filter(wanted)
        .map(|path| {
            let below = path.strip_prefix(root()).expect("a path below the root").display().to_string();
            (below, read(&path))
        })
        .collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Module by floor, as `ARCHITECTURE.md` says.
fn floors() -> BTreeMap<String, u8> {
    let page = read(&root().join("ARCHITECTURE.md"));
    let table = page.split("## Floors").nth(1).and_then(|text| text.split("```").nth(1)).expect("the table of floors");
    let mut floors = BTreeMap::new();
    for line in table.lines() {
        let mut words = line.split_whitespace();
        let Some(Ok(floor)) = words.next().map(str::parse::<u8>) else { continue };
        for module in words.take_while(|word| root().join("src").join(word).is_dir()) {
            floors.insert(module.to_owned(), floor);
        }
    }
    floors
}

/// The topmost floor of the domain.
const DOMAIN: u8 = 5;

/// `src/MODULE/…` without comments: module, path, code.
fn modules() -> Vec<(String, String, String)> {
    let module = |path: &str| path.strip_prefix("src/")?.split_once('/').map(|(module, _)| module.to_owned());
    let code = |text: &str| {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    };
    files("src", &["rs"]).into_iter().filter_map(|(path, text)| Some((module(&path)?, path, code(&text)))).collect()
}

/// Every path that code names: those of `use` with their braces spread out, and those that stand in the code.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("use ") {
        let starts = code[..at].chars().next_back().is_none_or(|before| before.is_whitespace() || before == ')');
        if let (true, Some((tree, _))) = (starts, code[at + 4..].split_once(';')) {
            spread("", &tree.split_whitespace().collect::<String>(), &mut found);
        }
    }
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let named = code.split(|c| !word(c)).map(|path| path.trim_matches(':')).filter(|path| path.contains("::"));
    found.extend(named.map(str::to_owned));
    found
}

fn spread(before: &str, tree: &str, found: &mut BTreeSet<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        found.insert(format!("{before}{tree}"));
        return;
    };
    let rest = rest.strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in rest.char_indices().chain([(rest.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(&format!("{before}{head}"), &rest[from..at], found);
                from = at + 1;
            }
            _ => {}
        }
    }
}

#[test]
fn paths_are_found_in_code() {
    let check = |code: &str, expect: &[&str]| {
        let expect: BTreeSet<String> = expect.iter().map(|path| (*path).to_owned()).collect();
        assert_eq!(paths(code), expect, "{code}");
    };
    check("use std::{fs, io::{self, Read}};\n", &["std::fs", "std::io::self", "std::io::Read"]);
    check("pub(crate) use a::b;", &["a::b"]);
    check("let x = std::env::var(\"A\");", &["std::env::var"]);
    check("let x: Vec<crate::id::Name> = 5;", &["crate::id::Name"]);
}

/// Whether a path is one of these or lies within.
fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn modules_use_lower_floors_only() {
    let floors = floors();
    let declared: BTreeSet<String> = modules().into_iter().map(|(module, ..)| module).collect();
    assert_eq!(floors.keys().cloned().collect::<BTreeSet<_>>(), declared, "every module has its floor");
    let mut wrong = Vec::new();
    for (module, path, code) in modules() {
        for used in paths(&code).iter().filter_map(|path| path.strip_prefix("crate::")) {
            let used = used.split("::").next().unwrap_or(used);
            if used != module && floors.get(used).is_none_or(|floor| *floor >= floors[&module]) {
                wrong.push(format!("{path}: `{module}` is on floor {} and uses `{used}`", floors[&module]));
            }
        }
        wrong.extend(escapes(&path, &code));
    }
    assert_none(wrong);
}

/// `super` leads out of the module where the floors are not looked at.
fn escapes(path: &str, code: &str) -> Option<String> {
    let folders = path.trim_end_matches("mod.rs").trim_end_matches('/').split('/').count() - 1;
    let (code, tests) = code.split_once("#[cfg(test)]").unwrap_or((code, ""));
    let leaves = |code: &str, depth: usize| {
        paths(code).iter().any(|path| path.split("::").take_while(|part| *part == "super").count() >= depth)
    };
    (leaves(code, folders) || leaves(tests, folders + 1)).then(|| format!("{path}: `super` leads out of its module"))
}

#[test]
fn the_domain_stays_pure() {
    const OUTSIDE: [&str; 25] = [
        "axum",
        "chrono::Local",
        "chrono::Utc::now",
        "clap",
        "getrandom",
        "http",
        "hyper",
        "hyper_util",
        "metrics",
        "notify_debouncer_full",
        "rand",
        "rand_chacha",
        "rand_distr",
        "rayon",
        "redb",
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::sync::Mutex",
        "std::thread",
        "std::time",
        "tokio",
        "tower",
        "tracing",
    ];
    // A made-up base, behaviour and annealing are drawn from seeds; statistics over the whole base may use all cores.
    const EXCEPT: [(&str, &str); 10] = [
        ("src/simulate/behaviour.rs", "rand"),
        ("src/simulate/behaviour.rs", "rand_chacha"),
        ("src/simulate/behaviour.rs", "rand_distr"),
        ("src/simulate/search.rs", "rand"),
        ("src/simulate/search.rs", "rand_chacha"),
        ("src/simulate/demo.rs", "rand"),
        ("src/simulate/demo.rs", "rand_chacha"),
        ("src/simulate/demo.rs", "rand_distr"),
        ("src/simulate/", "rayon"),
        ("src/analytics/", "rayon"),
    ];
    let floors = floors();
    let mut wrong = Vec::new();
    // Tests may draw from seeds and read files.
    let tests = |path: &str| path.contains("/tests/") || path.ends_with("/tests.rs");
    let domain = modules().into_iter().filter(|(module, path, _)| floors[module] <= DOMAIN && !tests(path));
    for (_, path, code) in domain {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        // A file of this name is not the crate.
        let own = |path: &str| code.contains(&format!("mod {};", path.split("::").next().unwrap_or_default()));
        for used in paths(code).into_iter().filter(|path| !own(path)) {
            for outside in OUTSIDE.iter().filter(|outside| within(&used, outside)) {
                if !EXCEPT.iter().any(|(file, name)| path.starts_with(file) && name == outside) {
                    wrong.push(format!("{path} uses `{used}`"));
                }
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn chance_comes_from_a_seed() {
    let unseeded = ["from_os_rng", "from_rng", "try_from_os_rng", "OsRng", "ThreadRng", "thread_rng", "SystemTime"];
    let domain = files("src/simulate", &["rs"]);
    assert!(domain.iter().any(|(_, text)| text.contains("seed_from_u64")), "the made-up base is drawn from a seed");
    assert_none(
        domain
            .iter()
            .flat_map(|(path, text)| {
                unseeded.iter().filter(|word| text.contains(**word)).map(move |word| format!("{path}: {word}"))
            })
            .collect(),
    );
}

#[test]
fn files_are_short() {
    let all = ["src", "tests", "benches", "examples"].into_iter().flat_map(|folder| files(folder, &["rs"]));
    let long = all.map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > 600);
    assert_none(long.map(|(path, lines)| format!("{path} has {lines} lines; split it along ideas")).collect());
}

#[test]
fn first_pages_say_what_a_folder_holds() {
    // Commands are dispatched where they are listed.
    const EXCEPT: [&str; 1] = ["src/cli/mod.rs"];
    let mut wrong = Vec::new();
    for (path, text) in files("src", &["rs"]).into_iter().filter(|(path, _)| !path.contains("/tests/")) {
        if !text.starts_with("//! ") {
            wrong.push(format!("{path} does not begin with what it is"));
        }
        if !path.ends_with("/mod.rs") {
            continue;
        }
        let page: String = text.lines().filter(|line| line.starts_with("//!")).collect();
        let named = |name: &str| ["`", "`mod@"].iter().any(|mark| page.contains(&format!("{mark}{name}`")));
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [.., "mod", name] = words.as_slice()
                && page.contains("Reading order")
                && !line.trim_start().starts_with("//")
                && !page.contains("one file per")
                && !named(name.trim_end_matches(';'))
            {
                wrong.push(format!("{path}: the reading order leaves out {name}"));
            }
        }
        let logic = ["fn ", "impl ", "struct ", "enum ", "trait ", "const ", "static ", "macro_rules! "];
        let logic = code.lines().find(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("pub ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
            logic.iter().any(|word| line.trim_start_matches("async ").starts_with(word))
        });
        if let (Some(line), false) = (logic, EXCEPT.contains(&path.as_str())) {
            wrong.push(format!("{path} holds logic: {}", line.trim()));
        }
    }
    assert_none(wrong);
}

#[test]
fn nothing_is_left_to_do() {
    // Put together here, so that this file does not find itself.
    let marks = [["TO", "DO"], ["FIX", "ME"], ["X", "XX"], ["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore]"]];
    let marks = marks.map(|parts| parts.concat());
    let all = ["src", "tests", "benches", "examples"].into_iter().flat_map(|folder| files(folder, &["rs"]));
    let all = all.chain(["policies", "scripts"].into_iter().flat_map(|folder| files(folder, &["yaml", "rhai"])));
    let mut wrong = Vec::new();
    for (path, text) in all {
        for (at, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                wrong.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    assert_none(wrong);
}

#[test]
fn the_changelog_is_kept() {
    let text = read(&root().join("CHANGELOG.md"));
    assert!(text.starts_with("# Changelog\n"));
    let heads: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let current = format!("[{}]", env!("CARGO_PKG_VERSION"));
    assert!(
        heads.iter().any(|head| *head == "[Unreleased]" || head.starts_with(&current)),
        "the version in the making is listed: {heads:?}"
    );
}
