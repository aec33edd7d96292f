//! Listening, and stopping without dropping anybody.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tower::util::{MapRequest, MapResponse};

use super::line::{HEAD_PATIENCE, IDLE_PATIENCE, Line};
use super::router::router;
use super::system::metrics::upkeep;
use super::tls::Tls;
use crate::app::App;

/// How long running requests may take once the server stops.
const FAREWELL: Duration = Duration::from_secs(20);

/// Serves until `stop` is done, then finishes the requests that run.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
    let router = router(Arc::clone(&app));
    serve_over(app, router, listener, None, stop).await
}

/// The same with more than the calls, and over TLS where there is a certificate.
pub async fn serve_over(
    app: Arc<App>,
    router: Router,
    listener: TcpListener,
    tls: Option<Tls>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE_PATIENCE);
    let running = GracefulShutdown::new();
    let upkeep = tokio::spawn(upkeep());
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, say: others may close theirs.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        // Answers are small and wanted at once.
        let _ = stream.set_nodelay(true);
        let (builder, watcher, router) = (builder.clone(), running.watcher(), router.clone());
        match tls.clone() {
            None => tokio::spawn(talk(builder, stream, router, watcher)),
            Some(tls) => tokio::spawn(async move {
                let stream = match tokio::time::timeout(HEAD_PATIENCE, tls.0.accept(stream)).await {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(error)) => return tracing::debug!(%error, "a connection did not come about"),
                    Err(_) => return tracing::debug!("a connection took too long to come about"),
                };
                talk(builder, stream, router, watcher).await;
            }),
        };
    }
    app.stop();
    upkeep.abort();
    drop(listener);
    if tokio::time::timeout(FAREWELL, running.shutdown()).await.is_err() {
        tracing::warn!("some requests took too long to finish and were given up");
    }
    Ok(())
}

/// Answers what is asked on a connection, until its end.
async fn talk<S>(builder: Builder<TokioExecutor>, stream: S, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (line, phase) = Line::new(stream);
    let answered = phase.clone();
    let calls = MapRequest::new(router, move |request: Request<_>| {
        phase.asked();
        request
    });
    let calls = MapResponse::new(calls, move |answer: Response| {
        answered.answered();
        answer
    });
    let connection = builder.serve_connection(TokioIo::new(line), TowerToHyperService::new(calls)).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke off");
    }
}
