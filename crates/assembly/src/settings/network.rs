//! A range of addresses in CIDR notation (RFC 4632), for the proxies that are believed.

use std::net::IpAddr;
use std::str::FromStr;

/// Addresses that share their first bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write an address or a range such as 10.0.0.0/8")]
pub struct NetworkError;

impl Network {
    /// Whether `address` is one of them. An IPv4 address in IPv6's clothes is an IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same_prefix(own.to_bits().into(), other.to_bits().into(), 32 - u32::from(self.prefix))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                same_prefix(own.to_bits(), other.to_bits(), 128 - u32::from(self.prefix))
            }
            _ => false,
        }
    }
}

fn same_prefix(left: u128, right: u128, free_bits: u32) -> bool {
    // A shift by all 128 bits would overflow; then every address is within.
    (left ^ right).checked_shr(free_bits).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_not_an_address| NetworkError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_not_a_number| NetworkError)?,
            None => most,
        };
        match address.to_canonical() {
            _ if prefix > most => Err(NetworkError),
            // A range of IPv4 addresses in IPv6's clothes.
            IpAddr::V4(own) if most == 128 && prefix >= 96 => {
                Ok(Self { address: own.into(), prefix: prefix - 96 })
            }
            _ => Ok(Self { address, prefix }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_addresses() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.1", "::ffff:10.0.0.1"));
        assert!(holds("::ffff:10.0.0.0/104", "10.255.0.1") && !holds("::ffff:10.0.0.0/104", "11.0.0.1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1"));
        assert!(!holds("::/0", "10.0.0.1"));
        for text in ["", "10.0.0.0/33", "10.0.0.0/x", "host"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
