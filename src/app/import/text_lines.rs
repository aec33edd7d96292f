//! A file read line by line.

use std::io::{BufRead, BufReader, Read};

use super::input::{BytesRead, open};
use super::report::{ImportError, Progress};

const STRIDE: u64 = 8_192;

/// Lines with something on them.
pub(super) struct TextLines<'r> {
    content: BufReader<Box<dyn Read + 'r>>,
    read: BytesRead,
    line: u64,
    count: u64,
    bytes: Vec<u8>,
}

impl<'r> TextLines<'r> {
    pub fn new(input: impl Read + 'r) -> Result<Self, ImportError> {
        let (content, read) = open(input).map_err(|error| ImportError::Read { line: 0, error })?;
        Ok(Self { content, read, line: 0, count: 0, bytes: Vec::new() })
    }

    /// The next line and its number, if there is one.
    pub fn next(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<Option<(u64, &str)>, ImportError> {
        loop {
            self.bytes.clear();
            let read = self.content.read_until(b'\n', &mut self.bytes);
            let read = read.map_err(|error| ImportError::Read { line: self.line, error })?;
            if read == 0 {
                progress(Progress::Reading { bytes: self.read.get() });
                return Ok(None);
            }
            self.line += 1;
            if !self.bytes.trim_ascii().is_empty() {
                break;
            }
        }
        self.count += 1;
        if self.count.is_multiple_of(STRIDE) {
            progress(Progress::Reading { bytes: self.read.get() });
        }
        if std::str::from_utf8(&self.bytes).is_err() {
            self.bytes = String::from_utf8_lossy(&self.bytes).into_owned().into_bytes();
        }
        // Made readable just now.
        Ok(Some((self.line, std::str::from_utf8(&self.bytes).unwrap_or_default().trim())))
    }

    /// Lines so far, without empty ones.
    pub const fn count(&self) -> u64 {
        self.count
    }
}
