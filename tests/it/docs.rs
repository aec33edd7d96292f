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

/// The fenced `sh` blocks.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside && matches!(line.trim(), "```sh" | "```bash" | "```console" | "```shell");
            if inside {
                blocks.push(String::new());
            }
        } else if let (true, Some(block)) = (inside, blocks.last_mut()) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// The commands of a block, as lists of words; redirections and comments are left out.
fn commands(block: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut skip = false;
    let text = block.replace("\\\n", " ");
    let mut chars = text.chars().chain(['\n']);
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '#') if word.is_none() => {
                chars.find(|c| *c == '\n');
                commands.push(Vec::new());
            }
            (None, ' ' | '\n' | '|' | ';' | '&' | '<' | '>') => {
                if let Some(word) = word.take().filter(|word| !(c == '>' && word.parse::<u8>().is_ok()))
                    && !std::mem::take(&mut skip)
                {
                    commands.last_mut().expect("one at least").push(word);
                }
                match c {
                    '\n' | '|' | ';' | '&' => commands.push(Vec::new()),
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
fn blocks_are_read_like_a_shell_reads_them() {
    let check = |block: &str, expect: &[&[&str]]| assert_eq!(commands(block), expect, "{block}");
    check("treue check  # all", &[&["treue", "check"]]);
    check("treue schema > a.json && treue fmt", &[&["treue", "schema"], &["treue", "fmt"]]);
    check("echo '{\"a\": 1}' | treue quote -", &[&["echo", "{\"a\": 1}"], &["treue", "quote", "-"]]);
    check("treue test \"ten th\" 2>/dev/null", &[&["treue", "test", "ten th"]]);
    check("a # b\nc 'd\ne' \\\n  f\n", &[&["a"], &["c", "d\ne", "f"]]);
    check("", &[]);
}

#[test]
fn commands_of_the_pages_can_be_typed() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (path, page) in pages() {
        for words in blocks(&page).iter().flat_map(|block| commands(block)) {
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

/// Where a call of `curl` goes, by which method, and whether what it sends is called JSON.
fn curl(words: &[String]) -> Option<(String, String, bool)> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["curl", rest @ ..] = words.as_slice() else { return None };
    let url = rest.iter().find(|word| word.contains("localhost:8080/") || word.contains("127.0.0.1:8080/"))?;
    let path = url.split_once(":8080")?.1.split('?').next()?.to_owned();
    let data = rest.iter().any(|word| ["-d", "--data", "--data-binary", "-T"].contains(word));
    let stated = rest.iter().zip(rest.iter().skip(1)).find(|(flag, _)| **flag == "-X").map(|(_, method)| *method);
    let method = stated.unwrap_or(if data { "POST" } else { "GET" }).to_lowercase();
    let said = rest.iter().any(|word| word.to_lowercase().starts_with("content-type:"));
    Some((method, path, !data || said))
}

#[test]
fn calls_of_the_pages_are_answered() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    let document = serde_json::to_value(treue::http::openapi()).expect("a document");
    let calls = document["paths"].as_object().expect("paths");
    for (page, text) in pages() {
        for words in blocks(&text).iter().flat_map(|block| commands(block)) {
            let Some((method, path, typed)) = curl(&words) else { continue };
            seen += 1;
            let fits = |template: &String| {
                let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
                wanted.len() == given.len() && wanted.iter().zip(&given).all(|(a, b)| a == b || a.starts_with('{'))
            };
            let known = calls.iter().any(|(template, methods)| fits(template) && methods.get(&method).is_some());
            let served = path == "/openapi.json" || path.starts_with("/docs");
            if !known && !served {
                wrong.push(format!("{}: there is no {method} {path}", page.display()));
            }
            if !typed {
                wrong.push(format!("{}: {method} {path} sends no content type", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 5, "the pages show how to call; {seen} calls were found");
}
