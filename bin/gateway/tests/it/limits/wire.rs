//! HTTP as bytes, for clients that no library would be.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A connection, and what came back on it.
pub struct Wire(pub TcpStream);

impl Wire {
    pub async fn to(base_url: &str) -> Self {
        Self(TcpStream::connect(base_url.trim_start_matches("http://")).await.unwrap())
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends what the server may no longer want.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Everything until the server closes, which it must within `patience`.
    pub async fn rest(&mut self, patience: Duration) -> Vec<u8> {
        let mut all = Vec::new();
        let read = async {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match self.0.read(&mut buffer).await {
                    Ok(0) => break,
                    Ok(count) => all.extend_from_slice(&buffer[..count]),
                    Err(error) => {
                        let cut = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind());
                        assert!(cut, "{error}");
                        break;
                    }
                }
            }
        };
        let closed = timeout(patience, read).await;
        let beginning = String::from_utf8_lossy(&all[..all.len().min(300)]).into_owned();
        assert!(closed.is_ok(), "still open after {} bytes: {beginning:?}", all.len());
        all
    }

    /// Everything as text.
    pub async fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.rest(Duration::from_secs(10)).await).into_owned()
    }
}

/// The statuses of the answers in a text.
pub fn statuses(text: &str) -> Vec<u16> {
    let lines = text.split("HTTP/1.1 ").skip(1);
    lines.filter_map(|line| line.get(..3)).filter_map(|status| status.parse().ok()).collect()
}
