//! `GET /v1/backup`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use tokio_util::io::ReaderStream;

use crate::app::{Actor, App};
use crate::http::answer::{Answer, Problems};
use crate::http::blocking;
use crate::http::problem::Problem;
use crate::store::BackupError;

/// How much of the copy is read at once.
const PIECE: usize = 1 << 18;

/// Streams a copy of the whole store as of now, while it goes on working; `treue restore` makes a store of it. The copy
/// is written beside the store first, so there must be room for it.
#[utoipa::path(get, path = "/v1/backup", tag = "system",
    responses((status = 200, description = "the copy", content_type = "application/octet-stream", body = Vec<u8>), Problems))]
pub async fn read_backup(State(app): State<Arc<App>>, actor: Actor) -> Answer {
    let file = blocking(move || app.backup(&actor)).await??;
    let length = file.metadata().map_err(|error| Problem::unavailable().because(error))?.len();
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), PIECE);
    let mut response = Body::from_stream(stream).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // A copy that broke off is told by its length.
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"treue.redb\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Failed(failure) => failure.into(),
            BackupError::Exists(_) | BackupError::Io(_) => Self::unavailable().because(error),
        }
    }
}
