//! `POST /v1/imports`.

use std::io;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use futures_util::TryStreamExt;
use futures_util::stream::try_unfold;
use serde::Deserialize;
use tokio_util::io::{StreamReader, SyncIoBridge};
use utoipa::IntoParams;

use crate::app::{Actor, App, Import, ImportError, Mapping, RowFormat, What};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::{PATIENCE, Params, too_slow};
use crate::http::problem::{Invalid, Problem};
use crate::http::wire::ImportOut;
use crate::time::Zone;

/// How the body is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// `csv` or `jsonl`; by the content type where it is absent.
    format: Option<String>,
    /// `purchases` (the default), `customers` or `interactions`.
    what: Option<String>,
    /// Which column is what: `customer=CustomerID,purchase=InvoiceNo,…`.
    map: Option<String>,
    /// The zone of times that state none; the policy's where it is absent.
    timezone: Option<String>,
    /// What separates columns; a comma where it is absent.
    delimiter: Option<char>,
    /// Whether to keep going past invalid rows.
    skip_invalid: Option<bool>,
}

impl ImportParams {
    fn read(self, content_type: Option<&str>) -> Result<Import, Problem> {
        let essence = content_type.and_then(|kind| kind.split(';').next()).unwrap_or("").trim().to_ascii_lowercase();
        let format = match (self.format.as_deref(), essence.as_str()) {
            (Some("csv"), _) | (None, "text/csv" | "application/csv" | "application/gzip" | "") => RowFormat::Csv,
            (Some("jsonl"), _) | (None, "application/x-ndjson" | "application/jsonl") => RowFormat::JsonLines,
            (Some(_), _) => return Err(Problem::invalid_at("/format", "expected `csv` or `jsonl`")),
            (None, _) => {
                let detail = "send `text/csv` or `application/x-ndjson`, or say which by `format`";
                let (status, title) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "the media type is not supported");
                return Err(Problem::new(status, "media-type", title, detail));
            }
        };
        let what = match self.what.as_deref() {
            None | Some("purchases") => What::Purchases,
            Some("customers") => What::Customers,
            Some("interactions") => What::Interactions,
            Some(_) => {
                let detail = "expected `purchases`, `customers` or `interactions`";
                return Err(Problem::invalid_at("/what", detail));
            }
        };
        let mapping = self.map.as_deref().map(Mapping::parse).transpose();
        let zone = self.timezone.map(|name| {
            Zone::from_name(&name).ok_or_else(|| Problem::invalid_at("/timezone", format!("no time zone `{name}`")))
        });
        let delimiter = u8::try_from(self.delimiter.unwrap_or(','));
        Ok(Import {
            format,
            what,
            mapping: mapping.map_err(|error| Problem::invalid_at("/map", error.to_string()))?.unwrap_or_default(),
            delimiter: delimiter.map_err(|_| Problem::invalid_at("/delimiter", "must be one byte"))?,
            zone: zone.transpose()?,
            skip_invalid: self.skip_invalid.unwrap_or(false),
        })
    }
}

/// Imports purchases, cards or interactions from CSV or JSON Lines, gzip or not, and reports rejected rows by line number.
#[utoipa::path(post, path = "/v1/imports", tag = "customers", params(ImportParams),
    request_body(content = String, description = "the rows", content_type = "text/csv"),
    responses((status = 200, description = "what was imported", body = ImportOut), Problems))]
pub async fn create_import(
    State(app): State<Arc<App>>,
    actor: Actor,
    Params(params): Params<ImportParams>,
    request: Request,
) -> Answer {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let wanted = params.read(content_type)?;
    let stream = try_unfold(request.into_body().into_data_stream(), |mut body| async move {
        match tokio::time::timeout(PATIENCE, body.try_next()).await {
            Ok(Ok(piece)) => Ok(piece.map(|piece| (piece, body))),
            Ok(Err(error)) => Err(io::Error::other(error)),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    });
    let reader = SyncIoBridge::new(StreamReader::new(Box::pin(stream)));
    let report = blocking(move || {
        let report = app.import(&actor, &wanted, reader, |_| {})?;
        app.after_bulk()?;
        Ok::<_, ImportError>(report)
    });
    json(StatusCode::OK, &ImportOut::new(&report.await??))
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let detail = error.to_string();
        match error {
            ImportError::Mapping(_) => Self::invalid_at("/map", detail),
            ImportError::Read { error, .. } if error.kind() == io::ErrorKind::TimedOut => too_slow(),
            ImportError::Read { .. } => Self::unreadable(detail),
            ImportError::Rejected(report) => {
                let rows = report.rejected.iter().take(1_000);
                let errors = rows.map(|row| Invalid { pointer: format!("/{}", row.line), detail: row.reason.clone() });
                Self { detail, ..Self::invalid(errors.collect()) }
            }
            ImportError::Changed(_) | ImportError::OutOfRange(_) => Self::conflict("import", detail),
            ImportError::Failed(failure) => failure.into(),
        }
    }
}
