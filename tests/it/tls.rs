//! TLS over a real socket, with a certificate for `localhost` that signs itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use treue::app::{App, Clock, Settings};
use treue::http::Tls;
use treue::store::Store;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn client() -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture("tls/cert.pem")).expect("a certificate")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn connections_are_encrypted_where_there_is_a_certificate() {
    let settings = Settings { policies: fixture("good"), scripts: fixture("good/scripts") };
    let opened = tokio::task::spawn_blocking(move || {
        App::open(Store::in_memory().expect("a store"), Clock::System, settings).expect("an app")
    });
    let app = Arc::new(opened.await.expect("a thread"));
    let tls = Tls::read(&fixture("tls/cert.pem"), &fixture("tls/key.pem")).expect("TLS");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(treue::http::serve_over(
        Arc::clone(&app),
        treue::http::router(app),
        listener,
        Some(tls),
        async move {
            let _ = stopped.await;
        },
    ));

    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = client().connect(name, stream).await.expect("a handshake");
    stream.write_all(REQUEST).await.expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(r#"{"status":"ok"}"#), "{answer}");

    // Whoever speaks plain HTTP gets none.
    let mut plain = TcpStream::connect(address).await.expect("a connection");
    plain.write_all(REQUEST).await.expect("a request");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));

    // A connection without a handshake does not keep the server from stopping once its client goes.
    let silent = TcpStream::connect(address).await.expect("a connection");
    drop(silent);
    stop.send(()).expect("a server");
    server.await.expect("a task").expect("an orderly end");
}

#[test]
fn what_is_no_certificate_is_refused_in_words() {
    let check = |certificate: &str, key: &str, expect: &str| {
        let refused = Tls::read(&fixture(certificate), &fixture(key)).expect_err("no TLS").to_string();
        let folder = format!("{}/", fixture("").display()).replace("//", "/");
        assert_eq!(refused.replace(&folder, ""), expect);
    };
    let (cert, key) = ("tls/cert.pem", "tls/key.pem");
    check("tls/none.pem", key, "cannot read tls/none.pem: I/O error: No such file or directory (os error 2)");
    check(key, key, "tls/key.pem holds no certificate");
    check(cert, cert, "cannot read tls/cert.pem: no items found");
}
