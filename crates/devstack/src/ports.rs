//! Ports of 127.0.0.1.
//!
//! Owns finding free ones and telling whether one is. Holds none: another process may take a free port before the
//! server that it is meant for does, so whoever starts a server on one tries again with another.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::server::POLL;

/// Different ports, free at this moment.
pub(crate) fn free<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    // All are held until the last is found, or the same one could be found twice.
    let mut held = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = listen(0).context("cannot find a free port")?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Waits until a server can listen on this port; the error says why it cannot.
pub(crate) fn wait_until_free(port: u16, limit: Duration) -> io::Result<()> {
    let begun = Instant::now();
    loop {
        match listen(port) {
            Ok(_) => return Ok(()),
            Err(error) if begun.elapsed() > limit => return Err(error),
            Err(_) => thread::sleep(POLL),
        }
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ() -> Result<()> {
        let [one, two, three] = free()?;
        assert!(one != two && two != three && one != three);
        Ok(())
    }

    #[test]
    fn a_port_is_free_when_nobody_listens_there() -> Result<()> {
        let listener = listen(0)?;
        let port = listener.local_addr()?.port();
        assert!(wait_until_free(port, Duration::ZERO).is_err());
        drop(listener);
        assert!(wait_until_free(port, Duration::ZERO).is_ok());
        Ok(())
    }
}
