//! The program as a process of its own, and a small client to talk to it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The program in a folder, out of reach of this machine's settings.
pub fn treue(folder: &Path) -> Command {
    // A long run wants a build that is fast: `TREUE=target/release/treue`.
    let program = std::env::var_os("TREUE").unwrap_or_else(|| PROGRAM.into());
    out_of_reach(Command::new(program), folder)
}

/// The program's file.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_treue");

/// Any command in a folder, out of reach of this machine's settings.
pub fn out_of_reach(mut command: Command, folder: &Path) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TREUE_") {
            command.env_remove(name);
        }
    }
    // Help is wrapped to this many columns, and nothing is coloured.
    command.current_dir(folder).env("COLUMNS", "100").env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// A server that is killed where it is forgotten.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
}

impl Serving {
    /// Serves what the folder holds on a free port.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &["serve", "--listen", "127.0.0.1:0"])
    }

    /// Serves as these arguments say.
    pub fn start_with(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = treue(folder);
        command.args(arguments).stderr(Stdio::null());
        Self::start_as(command)
    }

    /// Serves as this command does.
    pub fn start_as(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        Self { child, address: address.unwrap_or_else(|| panic!("the first line: {line:?}")) }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        // It may have ended by itself, which whoever looks at the store will see.
        let _ = self.child.kill();
        self.child.wait().expect("its end");
    }

    /// Asks it to end, and waits until it did.
    pub fn end(mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.expect("kill is there").success());
        self.child.wait().expect("its end")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A connection that is kept.
pub struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Asks, and reads the status and the body of the answer.
    pub fn call(&mut self, method: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
        self.send(method, path, body)?;
        self.answer()
    }

    /// Asks.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        self.stream.write_all((head + body).as_bytes())
    }

    /// Reads the status and the body of the next answer.
    pub fn answer(&mut self) -> io::Result<(u16, String)> {
        let (status, body) = self.answer_bytes()?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// The same where the body is no text.
    pub fn answer_bytes(&mut self) -> io::Result<(u16, Vec<u8>)> {
        let end = loop {
            match self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.more()?,
            }
        };
        let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        let until = end + length.unwrap_or(0);
        while self.read.len() < until {
            self.more()?;
        }
        let body = self.read[end..until].to_vec();
        self.read.drain(..until);
        Ok((status, body))
    }

    fn more(&mut self) -> io::Result<()> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.read.extend_from_slice(&chunk[..read]);
                Ok(())
            }
        }
    }
}
