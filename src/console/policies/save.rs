//! Storing a draft, and what happens when something else came into force meanwhile.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form as Fields;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use similar::TextDiff;

use super::draft::{Change, changes};
use super::merge::merge;
use super::texts::{File, Form, State, state, stored};
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

#[derive(Deserialize)]
struct Kept {
    revision: String,
}

/// A file that both changed, or that others changed.
struct Meeting {
    path: String,
    merged: String,
    mine: String,
    conflicts: usize,
    theirs: Vec<Change>,
}

#[derive(Template)]
#[template(path = "merge.html", config = "src/console/askama.toml")]
struct MergePage {
    p: Page,
    state: State,
    note: String,
    meetings: Vec<Meeting>,
    /// Files that need no look, merged.
    rest: Vec<File>,
    conflicts: usize,
}

/// Takes the editor's form. A draft that compiles is stored; of one that does not the page comes back with what is wrong.
pub async fn save(visitor: Visitor, Fields(pairs): Fields<Vec<(String, String)>>) -> Answer {
    let form = Form::read(pairs);
    let state = state(&visitor).await?;
    if form.active != state.revision {
        return meet(&visitor, form, state).await;
    }
    match visitor.post::<Kept>("/v1/policies/revisions", &form.body()).await {
        Ok(kept) => Ok(Redirect::to(&format!("/policies/drafts/{}", kept.revision)).into_response()),
        // Whatever keeps it from being stored, the text stays on the page.
        Err(trouble) => super::edit::present(&visitor, state, form, Some(trouble), None).await,
    }
}

/// The view in which two changes of the same files meet.
async fn meet(visitor: &Visitor, form: Form, state: State) -> Answer {
    // What is no longer stored is an ancestor without files: everything conflicts, and nothing is lost.
    let ancestor = match stored(visitor, &form.active).await {
        Ok(stored) => stored.files,
        Err(trouble) if trouble.is(StatusCode::NOT_FOUND) => Vec::new(),
        Err(trouble) => return Err::<_, Trouble>(trouble),
    };
    let p = Page::new(visitor, Desk::Policies, visitor.words().policies.merge_title);
    let text = |files: &[File], path: &str| {
        files.iter().find(|file| file.path == path).map(|file| file.text.clone()).unwrap_or_default()
    };
    let paths: BTreeSet<&String> = form.files.iter().chain(&state.files).map(|file| &file.path).collect();
    let names = (format!("{} {}", state.activated_by, p.short(&state.revision)), p.w.policies.merge_mark);
    let (mut meetings, mut rest, mut conflicts) = (Vec::new(), Vec::new(), 0);
    for path in paths {
        let (base, theirs, mine) = (text(&ancestor, path), text(&state.files, path), text(&form.files, path));
        let merged = merge(&base, &theirs, &mine, (&names.0, names.1));
        if base == theirs {
            rest.push(File { path: path.clone(), text: merged.text });
            continue;
        }
        conflicts += merged.conflicts;
        let diff = TextDiff::from_lines(base.as_str(), theirs.as_str()).unified_diff().context_radius(2).to_string();
        let theirs = changes(&diff);
        meetings.push(Meeting { path: path.clone(), merged: merged.text, mine, conflicts: merged.conflicts, theirs });
    }
    html(StatusCode::CONFLICT, &MergePage { p, state, note: form.note, meetings, rest, conflicts })
}
