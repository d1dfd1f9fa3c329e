//! The least of an AMQP 0-9-1 client that can tell whether a queue and a message are there.
//!
//! By hand: the crate has no use for a client's library, and this speaks a dozen methods in order.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const FRAME_END: u8 = 0xCE;

/// Bits of `queue.declare`.
const PASSIVE: u8 = 1;
const DURABLE: u8 = 2;

/// A connection with one open channel.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
}

impl Client {
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut client = Self { stream };
        client.stream.write_all(b"AMQP\x00\x00\x09\x01")?;
        client.expect((10, 10))?;
        let mut start_ok = vec![0; 4];
        start_ok.extend(short("PLAIN"));
        start_ok.extend(b"\x00\x00\x00\x0c\x00guest\x00guest");
        start_ok.extend(short("en_US"));
        client.call(0, (10, 11), &start_ok)?;
        // What the server proposes, but for heartbeats.
        let mut tune = client.expect((10, 30))?;
        tune[6..8].fill(0);
        client.call(0, (10, 31), &tune)?;
        let mut open = short("/");
        open.extend([0, 0]);
        client.call(0, (10, 40), &open)?;
        client.expect((10, 41))?;
        client.call(1, (20, 10), &[0])?;
        client.expect((20, 11))?;
        Ok(client)
    }

    /// Makes a durable queue with one persistent message, and returns when the server has said that it is safe.
    pub fn fill_durable_queue(&mut self, queue: &str) -> Result<()> {
        self.declare(queue, DURABLE)?;
        self.call(1, (85, 10), &[0])?;
        self.expect((85, 11))?;
        let mut publish = vec![0, 0, 0];
        publish.extend(short(queue));
        publish.push(0);
        self.call(1, (60, 40), &publish)?;
        // Of class 60, five bytes long, with one property: delivery mode 2.
        self.frame(1, HEADER, &[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0x10, 0, 2])?;
        self.frame(1, BODY, b"hello")?;
        self.expect((60, 80)).map(drop)
    }

    /// How many messages wait in a queue; an error when there is no such queue.
    pub fn count(&mut self, queue: &str) -> Result<u32> {
        let answer = self.declare(queue, PASSIVE)?;
        // The name comes first, then this, then the number of consumers.
        let at = 1 + queue.len();
        Ok(u32::from_be_bytes(answer[at..at + 4].try_into()?))
    }

    fn declare(&mut self, queue: &str, bits: u8) -> Result<Vec<u8>> {
        let mut declare = vec![0, 0];
        declare.extend(short(queue));
        declare.extend([bits, 0, 0, 0, 0]);
        self.call(1, (50, 10), &declare)?;
        self.expect((50, 11))
    }

    fn call(&mut self, channel: u16, (class, method): (u16, u16), arguments: &[u8]) -> Result<()> {
        let payload = [&class.to_be_bytes(), &method.to_be_bytes(), arguments].concat();
        self.frame(channel, METHOD, &payload)
    }

    fn frame(&mut self, channel: u16, kind: u8, payload: &[u8]) -> Result<()> {
        let size = u32::try_from(payload.len())?.to_be_bytes();
        Ok(self
            .stream
            .write_all(&[&[kind], &channel.to_be_bytes()[..], &size, payload, &[FRAME_END]].concat())?)
    }

    /// The arguments of the method that comes next, which has to be this one.
    fn expect(&mut self, (class, method): (u16, u16)) -> Result<Vec<u8>> {
        let mut head = [0; 7];
        self.stream.read_exact(&mut head).context("no answer")?;
        let size = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
        let mut payload = vec![0; usize::try_from(size)? + 1];
        self.stream.read_exact(&mut payload)?;
        payload.pop();
        if !payload.starts_with(&[class.to_be_bytes(), method.to_be_bytes()].concat()) {
            bail!("expected {class}.{method}, got {}", payload.escape_ascii());
        }
        Ok(payload.split_off(4))
    }
}

fn short(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).expect("a short text")];
    bytes.extend(text.bytes());
    bytes
}
