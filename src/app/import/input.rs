//! What is read: gzip as it is, bytes counted.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What some programs write before text.
const UTF8: [u8; 3] = [0xef, 0xbb, 0xbf];
const BUFFER: usize = 1 << 16;

/// Counts what was read of the file itself, before it is unpacked.
#[derive(Debug, Clone, Default)]
pub(super) struct BytesRead(Arc<AtomicU64>);

impl BytesRead {
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted<R> {
    inner: R,
    read: BytesRead,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The content, unpacked if it is packed and without the mark of its encoding, and a count of the bytes read.
pub(super) fn open<'r>(input: impl Read + 'r) -> io::Result<(BufReader<Box<dyn Read + 'r>>, BytesRead)> {
    let read = BytesRead::default();
    let mut input = Counted { inner: input, read: read.clone() };
    let first = peek(&mut input, GZIP.len())?;
    let packed = first == GZIP;
    let whole = Cursor::new(first).chain(input);
    let mut content: Box<dyn Read + 'r> =
        if packed { Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER, whole))) } else { Box::new(whole) };
    let mut first = peek(&mut content, UTF8.len())?;
    if first == UTF8 {
        first.clear();
    }
    let content: Box<dyn Read + 'r> = Box::new(Cursor::new(first).chain(content));
    Ok((BufReader::with_capacity(BUFFER, content), read))
}

/// The first bytes, or all if there are fewer.
fn peek(input: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(count);
    input.take(count as u64).read_to_end(&mut first)?;
    Ok(first)
}
