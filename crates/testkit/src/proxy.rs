//! A TCP proxy that can fall silent: a server that hangs, or a network that swallows what is sent.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Passes bytes on until it is told to keep them. Dropping it closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    silent: watch::Sender<bool>,
    _work: JoinSet<()>,
}

impl Proxy {
    /// A proxy of the server that `url` names (`scheme://[user@]host:port/...`).
    ///
    /// # Panics
    /// When the URL names no port, or there is no free one.
    pub async fn of(url: &str) -> Self {
        let server = authority(url).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (silent, hears) = watch::channel(false);
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut pairs = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                pairs.spawn(pass(near, server.clone(), hears.clone()));
            }
        });
        Self { address, silent, _work: work }
    }

    /// The same URL, through the proxy.
    #[must_use]
    pub fn url(&self, url: &str) -> String {
        url.replacen(authority(url), &self.address.to_string(), 1)
    }

    /// From now on connections are taken and nothing is passed on, in either direction.
    pub fn fall_silent(&self) {
        self.silent.send_replace(true);
    }

    /// Passes on what was kept, and what comes.
    pub fn speak_again(&self) {
        self.silent.send_replace(false);
    }
}

/// `host:port`
fn authority(url: &str) -> &str {
    let (_, rest) = url.split_once("://").expect("a URL has a scheme");
    let authority = rest.split('/').next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

async fn pass(near: TcpStream, server: String, hears: watch::Receiver<bool>) {
    let Ok(far) = TcpStream::connect(server).await else { return };
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    // Either end's end is the end of both.
    tokio::select! {
        () = pump(near_in, far_out, hears.clone()) => {}
        () = pump(far_in, near_out, hears) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut hears: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        if hears.wait_for(|silent| !silent).await.is_err() || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
        if read == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::authority;

    #[test]
    fn an_authority_is_host_and_port() {
        assert_eq!(authority("postgres://silkcart@127.0.0.1:5432/postgres"), "127.0.0.1:5432");
        assert_eq!(authority("http://localhost:80"), "localhost:80");
    }
}
