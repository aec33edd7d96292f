//! How long a connection is waited for: long between two requests, not long within the head of one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a client may take to send the head of a request.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long a connection may be silent between two requests.
pub const IDLE_PATIENCE: Duration = Duration::from_secs(75);

/// Where a connection is: between requests, in the head of one, or beyond it until that is answered.
#[derive(Debug, Clone)]
pub struct Phase(Arc<AtomicU8>);

const BETWEEN: u8 = 0;
const HEAD: u8 = 1;
const ASKED: u8 = 2;

impl Phase {
    /// A head was read.
    pub fn asked(&self) {
        self.0.store(ASKED, Ordering::Relaxed);
    }

    /// The request is answered.
    pub fn answered(&self) {
        self.0.store(BETWEEN, Ordering::Relaxed);
    }
}

/// A connection that breaks off where a head takes too long, however it drips in.
pub struct Line<S> {
    stream: S,
    phase: Phase,
    /// Until when the head that is read has to be there.
    until: Instant,
    /// Wakes then; made where a head does not come in one piece.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S> Line<S> {
    /// A new connection, on which a head is due, and where it is.
    pub fn new(stream: S) -> (Self, Phase) {
        let phase = Phase(Arc::new(AtomicU8::new(HEAD)));
        (Self { stream, phase: phase.clone(), until: Instant::now() + HEAD_PATIENCE, alarm: None }, phase)
    }

    /// Waits for the end of patience.
    fn poll_alarm(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let until = self.until;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if alarm.deadline() != until {
            alarm.as_mut().reset(until);
        }
        ready!(alarm.as_mut().poll(context));
        Poll::Ready(too_slow())
    }
}

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the head of a request took too long")
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let phase = line.phase.0.load(Ordering::Relaxed);
        if phase == HEAD && line.until <= Instant::now() {
            return Poll::Ready(Err(too_slow()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut line.stream).poll_read(context, buffer) {
            Poll::Pending if phase == HEAD => line.poll_alarm(context).map(Err),
            read => {
                if phase == BETWEEN && buffer.filled().len() > before {
                    line.until = Instant::now() + HEAD_PATIENCE;
                    line.phase.0.store(HEAD, Ordering::Relaxed);
                }
                read
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
