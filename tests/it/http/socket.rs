//! Over real sockets: keeping connections, slow clients, stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::app::{EXAMPLE, TestApp};

struct Served {
    app: TestApp,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

async fn served() -> Served {
    let app = TestApp::new(EXAMPLE);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async move {
        let _ = stopped.await;
    };
    let server = tokio::spawn(treue::http::serve(Arc::clone(&app.app), listener, until));
    Served { app, address, stop, server }
}

/// A connection, with what was read of the next answer already.
struct Till {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Till {
    async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.expect("a connection"), read: Vec::new() }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("a sent request");
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.read).await.expect("an answer");
        assert_ne!(read, 0, "the connection ended after {}", String::from_utf8_lossy(&self.read));
    }

    /// Reads one answer: its head, in lower case, and its body.
    async fn answer(&mut self) -> (String, String) {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await;
        };
        let head = String::from_utf8(self.read[..end].to_vec()).expect("text").to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let end_of_body = end + length.map_or(0, |length| length.parse().expect("a length"));
        while self.read.len() < end_of_body {
            self.more().await;
        }
        let rest = self.read.split_off(end_of_body);
        let body = String::from_utf8(std::mem::replace(&mut self.read, rest)[end..].to_vec()).expect("text");
        (head, body)
    }

    /// Whatever comes until the other side ends the connection.
    async fn rest(mut self) -> String {
        // A reset ends it as well.
        let _ = self.stream.read_to_end(&mut self.read).await;
        String::from_utf8_lossy(&self.read).into_owned()
    }
}

fn post(path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a_till_keeps_its_connection() {
    let served = served().await;
    let mut till = Till::connect(served.address).await;
    for number in 0..5 {
        let body = json!({ "id": format!("p-{number}"), "lines": [{ "sku": "X", "quantity": 1, "unit_price": 5 }] });
        till.send(&post("/v1/purchases", &body)).await;
        let (head, body) = till.answer().await;
        assert!(head.starts_with("http/1.1 201 "), "{head}");
        assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON")["totals"]["net"], "5.00");
    }
    // Two at once on one connection are answered in their order.
    let both = [
        b"GET /v1/purchases/p-0 HTTP/1.1\r\nhost: localhost\r\n\r\n".as_slice(),
        b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ]
    .concat();
    till.send(&both).await;
    assert!(till.answer().await.0.starts_with("http/1.1 200 "));
    assert!(till.answer().await.0.starts_with("http/1.1 404 "));
    drop(till);
    served.stop.send(()).expect("a running server");
    served.server.await.expect("no panic").expect("no failure");
    served.app.assert_sound();
}

#[tokio::test]
async fn a_running_request_is_finished_before_the_end() {
    let served = served().await;
    let mut till = Till::connect(served.address).await;
    let request =
        post("/v1/purchases", &json!({ "id": "p-1", "lines": [{ "sku": "X", "quantity": 1, "unit_price": 5 }] }));
    let (first, rest) = request.split_at(request.len() - 7);
    till.send(first).await;
    // The server answers a second connection, so it has taken the first one up.
    let mut other = Till::connect(served.address).await;
    other.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    other.answer().await;
    served.stop.send(()).expect("a running server");
    till.send(rest).await;
    assert!(till.answer().await.0.starts_with("http/1.1 201 "));
    served.server.await.expect("no panic").expect("no failure");
    assert!(TcpStream::connect(served.address).await.is_err(), "nobody listens any more");
    served.app.get("/v1/purchases/p-1").await.json(200);
}

#[tokio::test]
async fn what_is_no_http_ends_its_connection_only() {
    let served = served().await;
    for noise in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let mut till = Till::connect(served.address).await;
        till.send(noise).await;
        let read = till.rest().await;
        assert!(read.is_empty() || read.starts_with("HTTP/1.1 4"), "{read}");
    }
    let mut till = Till::connect(served.address).await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "x".repeat(1_000_000));
    // The other side may have ended it by then.
    let _ = till.stream.write_all(long.as_bytes()).await;
    let read = till.rest().await;
    assert!(read.is_empty() || read.starts_with("HTTP/1.1 4"), "{read}");
    let mut till = Till::connect(served.address).await;
    till.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(till.answer().await.0.starts_with("http/1.1 200 "));
}

/// Time stands still but for waiting, so ten seconds pass at once.
#[tokio::test(start_paused = true)]
async fn a_slow_body_is_given_up() {
    let served = served().await;
    let mut till = Till::connect(served.address).await;
    till.send(
        b"POST /v1/quotes HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n",
    )
    .await;
    let (mut read, mut write) = till.stream.into_split();
    let started = tokio::time::Instant::now();
    let dripping = tokio::spawn(async move {
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("too-slow") {
        assert_ne!(read.read_buf(&mut answer).await.expect("an answer"), 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    assert!((9..=12).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    dripping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_given_up() {
    let served = served().await;
    let till = Till::connect(served.address).await;
    let (mut read, mut write) = till.stream.into_split();
    let started = tokio::time::Instant::now();
    let dripping = tokio::spawn(async move {
        let _ = write.write_all(b"GET /healthz HTTP/1.1\r\n").await;
        while write.write_all(b"x-a: b\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let mut rest = Vec::new();
    let _ = read.read_to_end(&mut rest).await;
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&rest));
    assert!((9..=12).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    dripping.abort();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_and_a_head_on_it_is_not_waited_for_long() {
    let served = served().await;
    let mut till = Till::connect(served.address).await;
    for _ in 0..3 {
        till.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(till.answer().await.0.starts_with("http/1.1 200 "));
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    till.send(b"GET /healthz HTTP/1.1\r\n").await;
    let started = tokio::time::Instant::now();
    let rest = till.rest().await;
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 408 "), "{rest}");
    assert!((9..=12).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());

    let mut till = Till::connect(served.address).await;
    till.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(till.answer().await.0.starts_with("http/1.1 200 "));
    let started = tokio::time::Instant::now();
    assert_eq!(till.rest().await, "");
    assert!((74..=77).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}
