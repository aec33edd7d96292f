//! Styles, scripts and the editor, out of the binary.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

/// The console's own files.
#[derive(Embed)]
#[folder = "src/console/assets/"]
struct Own;

/// The editor's modules as npm has them; none where npm was not there when this was built.
#[derive(Embed)]
#[folder = "$OUT_DIR/editor/"]
struct Editor;

/// One of the console's own files.
pub async fn read(Path(path): Path<String>, headers: HeaderMap) -> Response {
    answer(&path, Own::get(&path), &headers)
}

/// A module of the editor.
pub async fn read_editor(Path(path): Path<String>, headers: HeaderMap) -> Response {
    answer(&path, Editor::get(&path), &headers)
}

fn answer(path: &str, file: Option<EmbeddedFile>, headers: &HeaderMap) -> Response {
    let Some(file) = file else { return StatusCode::NOT_FOUND.into_response() };
    let hash = blake3::Hash::from(file.metadata.sha256_hash()).to_hex();
    let tag = format!("\"{}\"", &hash[..16]);
    // The same address may hold another file after an update, so the browser asks whether it is still the one it has.
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { file.data.into_owned().into_response() };
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether the editor's modules were there when this was built.
pub fn has_editor() -> bool {
    env!("TREUE_BUILT_EDITOR") == "codemirror"
}

/// Where the editor's modules are, as an import map, with the SHA-256 that lets a page carry it.
pub fn import_map() -> Option<(String, [u8; 32])> {
    let file = Own::get("importmap.json")?;
    Some((String::from_utf8_lossy(&file.data).into_owned(), file.metadata.sha256_hash()))
}
