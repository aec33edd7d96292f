//! What pages for readers say can be typed can be typed, and what they link to is there.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages: their paths and texts.
fn pages() -> Vec<(PathBuf, String)> {
    let below = |folder: PathBuf| walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let top = fs::read_dir(root()).expect("the root").map(|entry| entry.expect("an entry").path());
    let docs = below(root().join("docs")).map(|entry| entry.expect("a readable folder").into_path());
    let pages = top.chain(docs).filter(|path| path.is_file() && path.extension().is_some_and(|ending| ending == "md"));
    pages.map(|path| (path.clone(), fs::read_to_string(&path).expect("a page"))).collect()
}

/// The lines of fenced `sh` blocks, those that end in `\` joined.
fn lines(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    let mut joined = String::new();
    for line in page.lines().map(str::trim_start) {
        if line.starts_with("```") {
            inside = !inside && matches!(line, "```sh" | "```bash" | "```console" | "```shell");
        } else if inside {
            match line.strip_suffix('\\') {
                Some(more) => joined.push_str(more),
                None => lines.push(std::mem::take(&mut joined) + line),
            }
        }
    }
    lines
}

/// The commands of a line, as lists of words; redirections and comments are left out.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut skip = false;
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '#') if word.is_none() => break,
            (None, ' ' | '|' | ';' | '&' | '<' | '>') => {
                if let Some(word) = word.take().filter(|word| !(c == '>' && word.parse::<u8>().is_ok()))
                    && !std::mem::take(&mut skip)
                {
                    commands.last_mut().expect("one at least").push(word);
                }
                match c {
                    '|' | ';' | '&' => commands.push(Vec::new()),
                    '<' | '>' => skip = true,
                    _ => {}
                }
            }
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    commands.retain(|words| !words.is_empty());
    commands
}

/// What `treue` is called with, if it is called.
fn arguments(words: &[String]) -> Option<Vec<String>> {
    let assigned = |word: &&String| word.split_once('=').is_some_and(|(name, _)| name.starts_with("TREUE_"));
    let words: Vec<&str> = words.iter().skip_while(assigned).map(String::as_str).collect();
    let rest = match words.as_slice() {
        ["treue" | "target/release/treue" | "./target/release/treue", rest @ ..] => rest,
        ["cargo", "run", rest @ ..] if !rest.contains(&"--example") => {
            rest.iter().position(|word| *word == "--").map_or(&[][..], |at| &rest[at + 1..])
        }
        _ => return None,
    };
    Some(["treue"].iter().chain(rest).map(|word| (*word).to_owned()).collect())
}

#[test]
fn lines_are_read_like_a_shell_reads_them() {
    let check = |line: &str, expect: &[&[&str]]| assert_eq!(commands(line), expect, "{line}");
    check("treue check  # all", &[&["treue", "check"]]);
    check("treue schema > a.json && treue fmt", &[&["treue", "schema"], &["treue", "fmt"]]);
    check("echo '{\"a\": 1}' | treue quote -", &[&["echo", "{\"a\": 1}"], &["treue", "quote", "-"]]);
    check("treue test \"ten th\" 2>/dev/null", &[&["treue", "test", "ten th"]]);
    check("", &[]);
}

#[test]
fn commands_of_the_pages_can_be_typed() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (path, page) in pages() {
        for words in lines(&page).iter().flat_map(|line| commands(line)) {
            let Some(arguments) = arguments(&words) else { continue };
            seen += 1;
            if let Err(error) = treue::cli::Cli::try_parse_from(&arguments)
                && !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
            {
                wrong.push(format!("{}: {}\n{error}", path.display(), words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 5, "the pages show how to call `treue`; {seen} calls were found");
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    for (path, page) in pages() {
        for (at, _) in page.match_indices("](") {
            let target = page[at + 2..].split([')', ' ']).next().unwrap_or_default();
            let file = target.split('#').next().unwrap_or_default();
            let outside = target.contains("://") || target.starts_with("mailto:") || file.is_empty();
            if !outside && !path.parent().expect("a folder").join(file).exists() {
                wrong.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
