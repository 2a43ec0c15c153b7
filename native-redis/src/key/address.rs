//! Addresses as keys: the client behind them, not the way they are written.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Key, KeyBytes};

/// Clears all but the first 56 bits of an address.
const NETWORK_MASK: u128 = !(u128::MAX >> 56);

impl Key for Ipv4Addr {
    fn bytes(&self) -> KeyBytes<'_> {
        dotted(*self)
    }
}

impl Key for Ipv6Addr {
    fn bytes(&self) -> KeyBytes<'_> {
        match embedded_ipv4(*self) {
            Some(ipv4) => dotted(ipv4),
            None => network(*self),
        }
    }
}

impl Key for IpAddr {
    fn bytes(&self) -> KeyBytes<'_> {
        match self {
            Self::V4(ipv4) => ipv4.bytes(),
            Self::V6(ipv6) => ipv6.bytes(),
        }
    }
}

/// What an address only stands for: `::ffff:0:0/96` (mapped, RFC 4291) and `64:ff9b::/96` (what an IPv4 client looks
/// like behind a translator, RFC 6052).
fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    const TRANSLATED: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];
    let [groups @ .., high, low] = address.segments();
    let translated = || Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    address.to_ipv4_mapped().or_else(|| (groups == TRANSLATED).then(translated))
}

fn dotted(address: Ipv4Addr) -> KeyBytes<'static> {
    let mut key = KeyBytes::new();
    // Writing to a key cannot fail.
    let _ = write!(key, "{address}");
    key
}

fn network(address: Ipv6Addr) -> KeyBytes<'static> {
    let mut key = KeyBytes::new();
    let _ = write!(key, "{}/56", Ipv6Addr::from(u128::from(address) & NETWORK_MASK));
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str) -> String {
        let address: IpAddr = address.parse().expect(address);
        String::from_utf8(address.bytes().to_vec()).expect("text")
    }

    #[test]
    fn an_ipv4_client_has_one_key() {
        for text in ["1.2.3.4", "::ffff:1.2.3.4", "64:ff9b::102:304"] {
            assert_eq!(key(text), "1.2.3.4");
        }
    }

    #[test]
    fn an_ipv6_network_has_one_key() {
        assert_eq!(key("2001:db8:0:1ff:1:2:3:4"), "2001:db8:0:100::/56");
        assert_eq!(key("2001:db8:0:100::"), "2001:db8:0:100::/56");
        assert_eq!(key("2001:db8:0:200::"), "2001:db8:0:200::/56");
        assert_eq!(key("::1"), "::/56");
        assert_eq!(key("::1.2.3.4"), "::/56");
        assert_eq!(key("2001:0:0:ff::1"), "2001::/56");
    }
}
