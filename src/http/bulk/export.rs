//! `GET /v1/exports/{table}`.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::poll_fn;
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use crate::app::{Actor, App, Export, ExportFormat, ExportTable};
use crate::http::answer::{Answer, Problems};
use crate::http::body::{Id, Params};
use crate::http::problem::Problem;

/// How rows are written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// `jsonl` (the default) or `csv`; `Accept: text/csv` asks for the latter too.
    format: Option<String>,
}

/// Streams a whole table as JSON Lines or CSV: customers, purchases, returns, unmatched_returns, interactions, points;
/// for admins audit too.
#[utoipa::path(get, path = "/v1/exports/{table}", tag = "customers",
    params(("table" = String, Path, description = "the table"), ExportParams),
    responses((status = 200, description = "its rows", content((String = "application/x-ndjson"), (String = "text/csv"))), Problems))]
pub async fn read_export(
    State(app): State<Arc<App>>,
    actor: Actor,
    Id(table): Id,
    Params(params): Params<ExportParams>,
    headers: HeaderMap,
) -> Answer {
    let table: ExportTable = table.parse().map_err(Problem::not_found)?;
    if table == ExportTable::Audit && !actor.may(&[]) {
        return Err(Problem::forbidden("the audit trail needs a key for admins"));
    }
    let accepts = |kind: &str| {
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains(kind))
    };
    let format = match params.format.as_deref() {
        Some("jsonl") => ExportFormat::JsonLines,
        Some("csv") => ExportFormat::Csv,
        Some(_) => return Err(Problem::invalid_at("/format", "expected `csv` or `jsonl`")),
        None if accepts("text/csv") => ExportFormat::Csv,
        None => ExportFormat::JsonLines,
    };
    let gzip = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.split(',').any(|one| one.split(';').next().unwrap_or("").trim() == "gzip"));
    Ok(stream(app, Export { table, format, gzip }))
}

fn stream(app: Arc<App>, wanted: Export) -> Response {
    let (send, mut receive) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut sink = Sink(send);
        if let Err(error) = app.export(wanted, &mut sink) {
            // The head is long gone: breaking off is how the client learns that this is not all of it.
            tracing::warn!(%error, table = wanted.table.name(), "an export broke off");
            let _ = sink.0.blocking_send(Err(io::Error::other("the export broke off")));
        }
    });
    let body = Body::from_stream(poll_fn(move |context| receive.poll_recv(context)));
    let mut response = body.into_response();
    let kind = match wanted.format {
        ExportFormat::JsonLines => "application/x-ndjson",
        ExportFormat::Csv => "text/csv; charset=utf-8",
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if wanted.gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// Hands what is written to the answer's body; a client that went away ends it.
struct Sink(mpsc::Sender<io::Result<Bytes>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
