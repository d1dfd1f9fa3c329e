//! Whose request it is, as far as addresses tell.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;

use assembly::settings::Network;

/// The bits of an IPv6 address that a subscriber does not choose: whoever has one address has 2^64 of them.
const SUBSCRIBER: u128 = !0 << 64;

/// Who called: the peer, or, where the peer is a proxy of ours, the last address in `X-Forwarded-For` that is not. Of
/// an IPv6 address the network it is in.
pub(super) fn client(request: &HttpRequest, proxies: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let forwarded = request.headers().get_all("x-forwarded-for");
    // What is no text hides what stands left of it, as any other address that cannot be read.
    let forwarded: Vec<&str> = forwarded.map(|value| value.to_str().unwrap_or_default()).collect();
    Some(subscriber(last_stranger(peer, &forwarded, proxies)))
}

fn last_stranger(peer: IpAddr, forwarded: &[&str], proxies: &[Network]) -> IpAddr {
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    // Each proxy appends whom it heard, so that the way back leads from the right to the left, and from the last field
    // to the first. What stands left of a stranger, or of what cannot be read, may have been made up.
    let hops = forwarded.iter().rev().flat_map(|field| field.rsplit(','));
    let mut last = peer;
    for hop in hops {
        if !trusted(last) {
            break;
        }
        let Some(address) = read(hop.trim()) else { break };
        last = address;
    }
    last
}

/// An address, perhaps with a port, as some proxies write it.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & SUBSCRIBER).into(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, forwarded: &[&[u8]]) -> String {
        let proxies = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"].map(|network| network.parse().unwrap());
        let mut request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 1));
        for value in forwarded {
            let value = actix_web::http::header::HeaderValue::from_bytes(value).unwrap();
            request = request.append_header(("x-forwarded-for", value));
        }
        client(&request.to_http_request(), &proxies).unwrap().to_string()
    }

    #[test]
    fn only_our_proxies_are_believed() {
        for (peer, forwarded, expected) in [
            ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
            ("192.0.2.8", "198.51.100.1", "192.0.2.8"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("fd00::1", "198.51.100.1", "198.51.100.1"),
            // From the right: whatever the stranger wrote before is no proxy's word.
            ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "10.9.9.9, 198.51.100.1", "198.51.100.1"),
            // A request from within passes only proxies.
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "1.2.3.4, junk, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "1.2.3.4, 198.51.100.1, junk", "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4,,10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "unknown", "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4, _hidden", "10.0.0.1"),
            // With a port, as some proxies write it.
            ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
            ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::"),
            ("10.0.0.1", "[2001:db8::1]", "2001:db8::"),
            ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ] {
            assert_eq!(seen(peer, &[forwarded.as_bytes()]), expected, "{peer}: {forwarded}");
        }
    }

    #[test]
    fn several_fields_are_one_list() {
        assert_eq!(seen("10.0.0.1", &[b"1.2.3.4, 198.51.100.1", b"10.0.0.2"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &[b"1.2.3.4", b"198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", &[b"1.2.3.4", b"\xff\xfe", b"10.0.0.2"]), "10.0.0.2");
        assert_eq!(seen("10.0.0.1", &[b"1.2.3.4", b""]), "10.0.0.1");
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_client() {
        assert_eq!(seen("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::");
        assert_eq!(seen("2001:db8:1:2:ffff::", &[]), "2001:db8:1:2::");
        assert_eq!(seen("2001:db8:1:3::1", &[]), "2001:db8:1:3::");
        assert_eq!(seen("10.0.0.1", &[b"2001:db8:1:2:3:4:5:6"]), "2001:db8:1:2::");
    }
}
