//! `treue serve`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use super::args::{LogFormat, ServeArgs};
use super::config::Config;
use super::{End, bulk};
use crate::store::Read;
use crate::{console, http};

pub(super) fn run(args: ServeArgs, config: &Config) -> anyhow::Result<End> {
    log(args.log_format.or(config.log_format).unwrap_or(LogFormat::Text));
    // Counters register with the recorder that is there when they are made.
    http::system::metrics::record();
    let store = config.open_store()?;
    let empty = store.snapshot().counts()?.purchases == 0;
    let app = config.open_app(store)?;
    if args.demo && empty {
        bulk::fill_for_serve(&app)?;
    }
    let app = Arc::new(app);
    let listen = args.listen.or(config.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
    anyhow::ensure!(
        listen.ip().is_loopback() || app.has_keys(),
        "without keys the server answers everyone, so it binds to loopback addresses only: {listen} is none. \
         Make a key first: treue keys make --role admin NAME"
    );
    app.limit_keys(args.rate_limit.or(config.rate_limit))?;
    let tls = tls(args.tls_cert.or_else(|| config.tls_cert.clone()), args.tls_key.or_else(|| config.tls_key.clone()))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    if tls.is_none() && !listen.ip().is_loopback() {
        tracing::warn!(%listen, "keys and customers' data go over the network in the clear: give a certificate");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    let watch = app.watch().context("cannot watch the folders")?;
    runtime.block_on(async {
        let listener =
            tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        // Whoever reads that the server listens may stop it at once.
        let stop = stop_signal().context("cannot hear signals")?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on {scheme}://{}", listener.local_addr()?)?;
        out.flush()?;
        drop(out);
        let router = console::router(Arc::clone(&app), tls.is_some());
        http::serve_over(Arc::clone(&app), router, listener, tls, stop).await.context("cannot go on listening")
    })?;
    drop(watch);
    app.store().close();
    Ok(End::Done)
}

fn tls(certificate: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<Option<http::Tls>> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some(http::Tls::read(&certificate, &key)?)),
        (None, None) => Ok(None),
        _ => anyhow::bail!("a certificate and its key go together: give both --tls-cert and --tls-key"),
    }
}

/// Done when the process is asked to stop. From this call on a signal is heard, not only once somebody waits for it.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let (mut terminate, mut interrupt) = {
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
        tracing::info!("stopping: running requests are finished");
    })
}

/// `TREUE_LOG` says how much: `debug`, `info`, `warn`, or by module.
fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("TREUE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logger = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A program that embeds this may have a logger of its own, which then stays.
    let _ = match format {
        LogFormat::Json => logger.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
        LogFormat::Text => logger.try_init(),
    };
}
