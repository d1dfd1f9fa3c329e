//! A connection that speaks just enough HTTP/1.1 for the load: requests are bytes made beforehand, answers have a
//! length.
//!
//! Lean because it shares the machine's cores with what it measures, as pgbench does. Owns sending, reading and
//! judging one answer; what to ask and how often is others' business.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Digits of a number that makes a request unlike any before, such as its `Idempotency-Key`.
pub const NUMBER_DIGITS: usize = 16;
const MOST_HEADERS: usize = 48;
const SHOWN_OF_A_WRONG_ANSWER: usize = 400;

/// What a good answer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// It begins like this and is that long.
    Like { beginning: Vec<u8>, length: usize },
    /// It has at least so many bytes: what it says differs each time.
    AtLeast(usize),
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    bytes: Vec<u8>,
    /// Where the number stands, if the request has one.
    number_at: Option<usize>,
    pub status: u16,
    pub body: Body,
}

/// What differs between requests.
#[derive(Clone, Debug, Default)]
pub struct Parts<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub token: Option<&'a str>,
    pub json: Option<&'a str>,
    /// Whether it carries an `Idempotency-Key`, a new one each time it is sent.
    pub keyed: bool,
}

impl Request {
    pub fn get(target: &str) -> Self {
        Self::new(&Parts { method: "GET", target, ..Parts::default() }, 200)
    }

    /// `status` is the one that a good answer has.
    pub fn new(parts: &Parts<'_>, status: u16) -> Self {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nHost: bench.silkcart.example\r\nAccept: application/json\r\nUser-Agent: bench\r\n",
            parts.method, parts.target
        );
        if let Some(token) = parts.token {
            text.extend(["Authorization: Bearer ", token, "\r\n"]);
        }
        let mut number_at = None;
        if parts.keyed {
            text.push_str("Idempotency-Key: bench-");
            number_at = Some(text.len());
            text.push_str(&"0".repeat(NUMBER_DIGITS));
            text.push_str("\r\n");
        }
        if let Some(json) = parts.json {
            let length = json.len().to_string();
            text.extend(["Content-Type: application/json\r\nContent-Length: ", &length, "\r\n"]);
        }
        text.push_str("\r\n");
        text.push_str(parts.json.unwrap_or_default());
        Self { bytes: text.into_bytes(), number_at, status, body: Body::AtLeast(1) }
    }

    /// The body of a good answer has at least so many bytes.
    #[must_use]
    pub fn at_least(self, length: usize) -> Self {
        Self { body: Body::AtLeast(length), ..self }
    }

    /// Whether the answer is what it should be.
    pub fn judge(&self, answer: &Answer<'_>) -> Result<()> {
        let right = answer.status == self.status
            && match &self.body {
                Body::Like { beginning, length } => {
                    answer.body.len() == *length && answer.body.starts_with(beginning)
                }
                Body::AtLeast(length) => answer.body.len() >= *length,
            };
        if right {
            return Ok(());
        }
        let asked = self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let shown = &answer.body[..answer.body.len().min(SHOWN_OF_A_WRONG_ANSWER)];
        bail!(
            "`{}` was answered with {} and {} bytes instead of {} and {:?}: {}",
            String::from_utf8_lossy(asked),
            answer.status,
            answer.body.len(),
            self.status,
            self.body,
            String::from_utf8_lossy(shown)
        )
    }

    /// The method and target, which is what the memory server knows an answer by.
    pub fn name(&self) -> String {
        let line = self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end_matches(" HTTP/1.1").to_owned()
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// Name and value of each header.
    pub fn headers(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        parsed.parse(self.head)?;
        Ok(parsed.headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect())
    }
}

/// An open connection with room for one answer.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    outgoing: Vec<u8>,
    incoming: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, outgoing: Vec::new(), incoming: vec![0; 64 * 1024] })
    }

    /// Sends the request with this number, where it takes one, and checks the answer.
    pub async fn perform(&mut self, request: &Request, number: u64) -> Result<Answer<'_>> {
        let answer = self.send(request, number).await?;
        request.judge(&answer)?;
        Ok(answer)
    }

    /// Sends the request and reads the answer, whatever it is.
    pub async fn send(&mut self, request: &Request, number: u64) -> Result<Answer<'_>> {
        if let Some(at) = request.number_at {
            self.outgoing.clear();
            self.outgoing.extend_from_slice(&request.bytes);
            let digits = format!("{number:0NUMBER_DIGITS$}");
            self.outgoing[at..at + NUMBER_DIGITS].copy_from_slice(digits.as_bytes());
            self.stream.write_all(&self.outgoing).await?;
        } else {
            self.stream.write_all(&request.bytes).await?;
        }
        let Extent { status, head, length } = self.read().await?;
        let (head, rest) = self.incoming.split_at(head);
        Ok(Answer { status, head, body: &rest[..length] })
    }

    /// Reads one answer whole.
    async fn read(&mut self) -> Result<Extent> {
        let mut filled = 0;
        loop {
            if filled == self.incoming.len() {
                self.incoming.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.incoming[filled..]).await?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
            let mut parsed = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(head) = parsed.parse(&self.incoming[..filled])? else { continue };
            let status = parsed.code.unwrap_or_default();
            let length = if status == 204 { 0 } else { length_of(parsed.headers)? };
            let whole = head + length;
            if self.incoming.len() < whole {
                self.incoming.resize(whole, 0);
            }
            if filled < whole {
                self.stream.read_exact(&mut self.incoming[filled..whole]).await?;
            }
            return Ok(Extent { status, head, length });
        }
    }
}

/// Where an answer lies in the buffer: `length` bytes of body after `head` bytes.
struct Extent {
    status: u16,
    head: usize,
    length: usize,
}

fn length_of(headers: &[httparse::Header<'_>]) -> Result<usize> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let value = header.context("an answer has no Content-Length")?.value;
    Ok(std::str::from_utf8(value)?.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer<'static> {
        Answer { status, head: b"", body: body.as_bytes() }
    }

    #[test]
    fn a_wrong_answer_is_noticed() {
        let mut request = Request::get("/api/v1/listings?limit=2");
        request.body = Body::Like { beginning: b"{\"items\"".to_vec(), length: 12 };
        assert!(request.judge(&answer(200, "{\"items\":[]}")).is_ok());
        assert!(request.judge(&answer(404, "{\"items\":[]}")).is_err());
        assert!(request.judge(&answer(200, "{\"items\":[1]}")).is_err());
        let error = request.judge(&answer(200, "{\"other\":[]}")).unwrap_err().to_string();
        assert!(error.contains("GET /api/v1/listings?limit=2"), "{error}");
    }

    #[test]
    fn the_number_stands_in_the_key() {
        let parts = Parts { method: "POST", target: "/x", json: Some("{}"), keyed: true, token: Some("t") };
        let request = Request::new(&parts, 201);
        let at = request.number_at.unwrap();
        let text = String::from_utf8(request.bytes.clone()).unwrap();
        assert_eq!(&text[at - 6..at + NUMBER_DIGITS + 2], "bench-0000000000000000\r\n");
        assert!(text.ends_with("Content-Length: 2\r\n\r\n{}"));
        assert_eq!(request.name(), "POST /x");
    }
}
