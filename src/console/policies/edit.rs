//! `/policies`: the editor, with what is wrong and what the rules mean beside it.

use askama::Template;
use axum::Form as Fields;
use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::chart::StepChart;
use super::describe::{Describe, LadderTable, Section};
use super::history::was_in_force;
use super::texts::{Checked, File, Finding, Form, State, sources, state, stored};
use crate::console::around::content_policy;
use crate::console::assets::{has_editor, import_map};
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::show::Show;
use crate::console::simulations::found::found;
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::console::words::filled;
use crate::policy::{compile, with_steps};

/// What is opened.
#[derive(Deserialize)]
pub struct Opened {
    #[serde(default)]
    revision: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    activated: String,
    /// A search, of which a point is taken as a draft.
    #[serde(default)]
    search: String,
    #[serde(default)]
    point: usize,
}

#[derive(Template)]
#[template(path = "policies.html", config = "src/console/askama.toml")]
struct Editor {
    p: Page,
    state: State,
    form: Form,
    findings: Vec<Finding>,
    sections: Option<Vec<Section>>,
    trouble: Option<Trouble>,
    said: Option<String>,
    good: bool,
    /// The import map, where the editor's modules are built in.
    modules: Option<String>,
}

#[derive(Template)]
#[template(path = "rules.html", config = "src/console/askama.toml")]
struct Rules {
    p: Page,
    sections: Option<Vec<Section>>,
}

impl LadderTable {
    /// Its picture.
    pub fn chart(&self) -> Option<StepChart> {
        StepChart::new(&self.steps)
    }
}

/// The page: the files in force, or those of a stored revision.
pub async fn read(visitor: Visitor, Query(opened): Query<Opened>) -> Answer {
    let state = state(&visitor).await?;
    let mut form =
        Form { base: state.revision.clone(), active: state.revision.clone(), file: opened.file, ..Form::default() };
    if !opened.search.is_empty() {
        form = taken(&visitor, &state, &opened.search, opened.point, form).await?;
    } else if opened.revision.is_empty() || opened.revision == state.revision {
        form.files.clone_from(&state.files);
    } else {
        let stored = stored(&visitor, &opened.revision).await?;
        form = Form { base: stored.revision, files: stored.files, note: stored.note, ..form };
    }
    let words = &visitor.words().policies;
    let said = match opened.activated.as_str() {
        "now" => Some(words.activated.to_owned()),
        "" => None,
        _ => Some(words.activation_planned.to_owned()),
    };
    present(&visitor, state, form, None, said.map(|said| (said, true))).await
}

/// The form with the policy that a search found: the files that it was asked about, with the settings of the point.
async fn taken(visitor: &Visitor, state: &State, search: &str, point: usize, form: Form) -> Result<Form, Trouble> {
    let found = found(visitor, search).await?;
    let words = &visitor.words().simulations;
    let missing = || Trouble::new(StatusCode::NOT_FOUND, visitor.words().trouble.not_found);
    let point = found.points.into_iter().find(|found| found.point == point).ok_or_else(missing)?;
    let base = found.head.revision;
    let mut files = match base == state.revision {
        true => state.files.clone(),
        false => stored(visitor, &base).await?.files,
    };
    for file in &mut files {
        if let Some(text) = point.files.get(&file.path) {
            file.text.clone_from(text);
        }
    }
    // What was in force when it was searched may have been replaced since: saving it then merges both changes.
    let was_active = base == state.revision || was_in_force(visitor, &base).await?;
    let note = filled(words.taken, &[&point.point.to_string(), search, &point.note()]);
    let first = point.files.into_keys().next().unwrap_or_default();
    let active = if was_active { base.clone() } else { form.active };
    Ok(Form {
        base,
        active,
        files,
        note,
        file: if form.file.is_empty() { first } else { form.file },
        ..Form::default()
    })
}

/// The page once more with the texts that came in: another file, other steps, a new file.
pub async fn again(visitor: Visitor, Fields(pairs): Fields<Vec<(String, String)>>) -> Answer {
    let mut form = Form::read(pairs);
    let mut said = None;
    if !form.ladder.is_empty() {
        match with_steps(&sources(&form.files), &form.ladder, &form.steps(&form.ladder)) {
            Some((path, text)) => {
                if let Some(file) = form.files.iter_mut().find(|file| file.path == path) {
                    file.text = text;
                }
                form.file = path;
            }
            None => said = Some((filled(visitor.words().policies.no_ladder, &[&form.ladder]), false)),
        }
    }
    if !form.new_file.is_empty() {
        if !form.files.iter().any(|file| file.path == form.new_file) {
            form.files.push(File { path: form.new_file.clone(), text: String::new() });
        }
        form.file = std::mem::take(&mut form.new_file);
    }
    let state = state(&visitor).await?;
    present(&visitor, state, form, None, said).await
}

/// What the rules of the texts that came in mean, as a part of the page.
pub async fn words(visitor: Visitor, Fields(pairs): Fields<Vec<(String, String)>>) -> Answer {
    let form = Form::read(pairs);
    let p = Page::new(&visitor, Desk::Policies, "");
    let sections = in_words(&p.show, &form.files);
    html(StatusCode::OK, &Rules { p, sections })
}

/// The editor with these texts, and why they were not taken where they were not.
pub async fn present(
    visitor: &Visitor,
    state: State,
    mut form: Form,
    trouble: Option<Trouble>,
    said: Option<(String, bool)>,
) -> Answer {
    if !form.files.iter().any(|file| file.path == form.file) {
        form.file = first(&form.files);
    }
    let p = Page::new(visitor, Desk::Policies, visitor.words().policies.title);
    let findings = match p.may("POST", "/v1/policies/check") {
        true => visitor
            .post::<Checked>("/v1/policies/check", &form.body())
            .await
            .map_or_else(|_| Vec::new(), |checked| checked.diagnostics),
        false => Vec::new(),
    };
    let sections = in_words(&p.show, &form.files);
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    let map = has_editor().then(import_map).flatten();
    let hash = map.as_ref().map(|(_, hash)| format!(" 'sha256-{}'", STANDARD.encode(hash)));
    let modules = map.map(|(map, _)| map);
    let (said, good) = said.map_or((None, false), |(said, good)| (Some(said), good));
    let mut response = html(status, &Editor { p, state, form, findings, sections, trouble, said, good, modules })?;
    if let Some(policy) = hash.and_then(|hash| HeaderValue::from_str(&content_policy(&hash)).ok()) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The file that is opened first: the discounts, which change most.
fn first(files: &[File]) -> String {
    let found = files.iter().find(|file| file.path.ends_with("discounts.yaml")).or_else(|| files.first());
    found.map_or_else(String::new, |file| file.path.clone())
}

fn in_words(show: &Show, files: &[File]) -> Option<Vec<Section>> {
    let bundle = compile(sources(files)).bundle?;
    let show = Show { currency: bundle.currency, zone: bundle.zone, ..*show };
    Some(Describe { bundle: &bundle, show }.sections())
}
