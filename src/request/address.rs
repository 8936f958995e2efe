//! Which addresses belong to the public internet.
//!
//! A row is somebody else's data. An address in it must not make a machine ask itself, its neighbours or its cloud's metadata service, in
//! whatever spelling: a host resolves a name first, judges what came of it here, and connects to exactly that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public internet: all of IANA's special-purpose blocks do not, nor what wraps an address of one.
///
/// ```
/// use templrender::is_public_address;
/// for private in ["127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1"] {
///     assert!(!is_public_address(private.parse()?), "{private}");
/// }
/// assert!(is_public_address("1.1.1.1".parse()?));
/// assert!(is_public_address("2606:4700:4700::1111".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// All of IANA's special-purpose blocks are refused.
fn is_public_v4(address: Ipv4Addr) -> bool {
    const SPECIAL: [(Ipv4Addr, u32); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let bits = address.to_bits();
    SPECIAL.iter().all(|(block, prefix)| (bits ^ block.to_bits()) >> (32 - prefix) != 0)
}

/// Only global unicast (2000::/3) without its special blocks, and what wraps a public IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let low = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, a, b] => is_public_v4(low(a, b)),
        [0x2002, a, b, ..] => is_public_v4(low(a, b)),
        [0x2001, block, ..] if block < 0x200 || block == 0xdb8 => false,
        [0x3fff, block, ..] if block < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_all_their_forms() {
        let private = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.168.1.1 198.19.0.1 \
             224.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 64:ff9b::10.0.0.1 2002:7f00:1:: fc00::1 \
             fd00:ec2::254 fe80::1 fec0::1 ff02::1 2001:db8::1 2001::1 3fff::1 100::1";
        for text in private.split_whitespace() {
            assert!(!is_public_address(text.parse().expect(text)), "{text}");
        }
        let public = "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 198.20.0.1 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::8.8.8.8";
        for text in public.split_whitespace() {
            assert!(is_public_address(text.parse().expect(text)), "{text}");
        }
    }
}
