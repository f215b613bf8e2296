//! What kind of address an address is: one table, after the registries.
//!
//! Sources: <https://www.iana.org/assignments/iana-ipv4-special-registry> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry> (RFC 6890, RFC 8190),
//! <https://www.iana.org/assignments/ipv6-address-space> (only `2000::/3` is handed out as global unicast);
//! each row names the RFC that reserves it, the rows of clouds their vendors' documentation.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use super::AddressRange;

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressKind {
    /// Anybody's, on the public internet.
    Public,
    /// This machine.
    Loopback,
    /// A private network's (RFC 1918, RFC 4193).
    Private,
    /// Shared by a provider's customers (RFC 6598).
    Shared,
    /// A place where a cloud gives its machines their credentials.
    Metadata,
    /// On the same wire.
    LinkLocal,
    /// No address, or one of this network.
    Unspecified,
    /// Many receivers at once.
    Multicast,
    /// For examples in texts.
    Documentation,
    /// For measurements of devices.
    Benchmarking,
    /// A way through a tunnel or a translator whose other end cannot be told.
    Tunnel,
    /// Reserved, or not handed out.
    Reserved,
}

impl AddressKind {
    /// What the address is for. An IPv4 address inside an IPv6 one (mapped, or behind the well-known NAT64 prefix)
    /// is what the IPv4 address is.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        look_up(IPV4, IpAddr::V4(address)).unwrap_or(Self::Public)
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let listed = look_up(IPV6, IpAddr::V6(address));
        match (embedded(address), listed) {
            (Some(inner), _) => Self::of_v4(inner),
            (None, Some(kind)) => kind,
            (None, None) if GLOBAL_UNICAST.contains(IpAddr::V6(address)) => isatap(address),
            (None, None) => Self::Reserved,
        }
    }

    /// Whether an operator can open a range of such addresses to callers. What is on the same wire, holds a machine's
    /// credentials, or is no address of one machine, stays closed whatever the configuration says.
    pub const fn can_be_opened(self) -> bool {
        matches!(
            self,
            Self::Public | Self::Loopback | Self::Private | Self::Shared
        )
    }

    /// A short name for logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::Shared => "shared",
            Self::Metadata => "metadata",
            Self::LinkLocal => "link_local",
            Self::Unspecified => "unspecified",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Tunnel => "tunnel",
            Self::Reserved => "reserved",
        }
    }
}

impl fmt::Display for AddressKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The first row counts, so that a narrow range stands before the wide one around it.
type Table = &'static [(AddressRange, AddressKind)];

fn look_up(table: Table, address: IpAddr) -> Option<AddressKind> {
    let mut rows = table.iter();
    rows.find(|(range, _)| range.contains(address))
        .map(|(_, kind)| *kind)
}

const IPV4: Table = {
    use AddressKind::*;
    const fn v4(first: [u8; 4], length: u8) -> AddressRange {
        AddressRange::v4(first, length)
    }
    &[
        // Clouds: Alibaba, Oracle, Azure.
        (v4([100, 100, 100, 200], 32), Metadata),
        (v4([192, 0, 0, 192], 32), Metadata),
        (v4([168, 63, 129, 16], 32), Metadata),
        // AWS, Google, Azure and most others, in the link-local range.
        (v4([169, 254, 169, 254], 32), Metadata),
        (v4([169, 254, 170, 2], 32), Metadata),
        // RFC 791, RFC 1122
        (v4([0, 0, 0, 0], 8), Unspecified),
        (v4([127, 0, 0, 0], 8), Loopback),
        // RFC 1918
        (v4([10, 0, 0, 0], 8), Private),
        (v4([172, 16, 0, 0], 12), Private),
        (v4([192, 168, 0, 0], 16), Private),
        // RFC 6598
        (v4([100, 64, 0, 0], 10), Shared),
        // RFC 3927
        (v4([169, 254, 0, 0], 16), LinkLocal),
        // RFC 6890
        (v4([192, 0, 0, 0], 24), Reserved),
        // RFC 5737
        (v4([192, 0, 2, 0], 24), Documentation),
        (v4([198, 51, 100, 0], 24), Documentation),
        (v4([203, 0, 113, 0], 24), Documentation),
        // RFC 6676: documentation of multicast
        (v4([233, 252, 0, 0], 24), Documentation),
        // RFC 7526: relays of 6to4, given up
        (v4([192, 88, 99, 0], 24), Tunnel),
        // RFC 7535, RFC 7534: sinks of misdirected questions for names
        (v4([192, 31, 196, 0], 24), Reserved),
        (v4([192, 175, 48, 0], 24), Reserved),
        // RFC 7450: multicast by tunnel
        (v4([192, 52, 193, 0], 24), Tunnel),
        // RFC 2544
        (v4([198, 18, 0, 0], 15), Benchmarking),
        // RFC 5771
        (v4([224, 0, 0, 0], 4), Multicast),
        // RFC 1112, RFC 8190; the last address of all is the broadcast (RFC 919)
        (v4([240, 0, 0, 0], 4), Reserved),
    ]
};

/// The part of IPv6 that is handed out (RFC 4291, section 2.4).
const GLOBAL_UNICAST: AddressRange = AddressRange::v6(0x2000 << 112, 3);

const IPV6: Table = {
    use AddressKind::*;
    const fn v6(bits: u128, length: u8) -> AddressRange {
        AddressRange::v6(bits, length)
    }
    &[
        // Clouds: AWS, Google.
        (v6(0xfd00_0ec2 << 96, 32), Metadata),
        (v6((0xfd20_00ce << 96) | 0x254, 128), Metadata),
        // RFC 4291
        (v6(0, 128), Unspecified),
        (v6(1, 128), Loopback),
        // RFC 4291, section 2.5.5.1: IPv4-compatible, given up
        (v6(0, 96), Tunnel),
        // RFC 2765: IPv4-translated
        (v6(0xffff << 48, 96), Tunnel),
        // RFC 8215: NAT64 of a network's own, which may translate to anything
        (v6(0x0064_ff9b_0001 << 80, 48), Tunnel),
        // RFC 6666: thrown away
        (v6(0x0100 << 112, 64), Reserved),
        // RFC 4380: Teredo
        (v6(0x2001_0000 << 96, 32), Tunnel),
        // RFC 5180
        (v6(0x2001_0002_0000 << 80, 48), Benchmarking),
        // RFC 2928: protocols of the IETF, identifiers that are no addresses (RFC 4843, RFC 7343) among them
        (v6(0x2001_0000 << 96, 23), Reserved),
        // RFC 3849, RFC 9637
        (v6(0x2001_0db8 << 96, 32), Documentation),
        (v6(0x3fff << 112, 20), Documentation),
        // RFC 3056: 6to4
        (v6(0x2002 << 112, 16), Tunnel),
        // RFC 3701: a test network that has ended
        (v6(0x3ffe << 112, 16), Reserved),
        // RFC 7535
        (v6(0x2620_004f_8000 << 80, 48), Reserved),
        // RFC 4193
        (v6(0xfc00 << 112, 7), Private),
        // RFC 4291; site-local was given up by RFC 3879 and is still somebody's inside
        (v6(0xfe80 << 112, 10), LinkLocal),
        (v6(0xfec0 << 112, 10), LinkLocal),
        (v6(0xff00 << 112, 8), Multicast),
    ]
};

/// The IPv4 address that a mapped address is (`::ffff:a.b.c.d`, RFC 4291) or that the well-known NAT64 prefix leads
/// to (`64:ff9b::a.b.c.d`, RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    const NAT64: AddressRange = AddressRange::v6(0x0064_ff9b << 96, 96);
    let [.., a, b, c, d] = address.octets();
    let behind_nat64 = NAT64
        .contains(IpAddr::V6(address))
        .then_some(Ipv4Addr::new(a, b, c, d));
    address.to_ipv4_mapped().or(behind_nat64)
}

/// A global address whose lower half says that it is tunnelled to an IPv4 address inside (RFC 5214, section 6.1).
fn isatap(address: Ipv6Addr) -> AddressKind {
    match address.segments() {
        [_, _, _, _, 0 | 0x0200, 0x5efe, _, _] => AddressKind::Tunnel,
        _ => AddressKind::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> AddressKind {
        AddressKind::of(address.parse().unwrap())
    }

    #[test]
    fn both_ends_of_every_range_are_what_they_are_for() {
        use AddressKind::*;
        for (first, last, expected) in [
            ("0.0.0.0", "0.255.255.255", Unspecified),
            ("1.0.0.0", "9.255.255.255", Public),
            ("10.0.0.0", "10.255.255.255", Private),
            ("11.0.0.0", "100.63.255.255", Public),
            ("100.64.0.0", "100.127.255.255", Shared),
            ("100.100.100.200", "100.100.100.200", Metadata),
            ("100.128.0.0", "126.255.255.255", Public),
            ("127.0.0.0", "127.255.255.255", Loopback),
            ("128.0.0.0", "169.253.255.255", Public),
            ("168.63.129.16", "168.63.129.16", Metadata),
            ("169.254.0.0", "169.254.255.255", LinkLocal),
            ("169.254.169.254", "169.254.170.2", Metadata),
            ("172.15.255.255", "172.32.0.0", Public),
            ("172.16.0.0", "172.31.255.255", Private),
            ("192.0.0.0", "192.0.0.255", Reserved),
            ("192.0.0.192", "192.0.0.192", Metadata),
            ("192.0.1.0", "192.0.1.255", Public),
            ("192.0.2.0", "192.0.2.255", Documentation),
            ("192.88.99.0", "192.88.99.255", Tunnel),
            ("192.168.0.0", "192.168.255.255", Private),
            ("192.167.255.255", "192.169.0.0", Public),
            ("198.17.255.255", "198.20.0.0", Public),
            ("198.18.0.0", "198.19.255.255", Benchmarking),
            ("198.51.100.0", "203.0.113.255", Documentation),
            ("223.255.255.255", "8.8.8.8", Public),
            ("224.0.0.0", "239.255.255.255", Multicast),
            ("240.0.0.0", "255.255.255.255", Reserved),
            ("::", "::", Unspecified),
            ("::1", "::1", Loopback),
            ("::2", "::ffff:ffff", Tunnel),
            ("::7f00:1", "::10.0.0.1", Tunnel),
            ("::ffff:0:10.0.0.1", "::ffff:0:8.8.8.8", Tunnel),
            ("::ffff:127.0.0.1", "64:ff9b::127.0.0.1", Loopback),
            ("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", Private),
            ("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", Metadata),
            ("::ffff:8.8.8.8", "64:ff9b::808:808", Public),
            ("64:ff9b:1::", "64:ff9b:1:ffff::808:808", Tunnel),
            ("64:ff9b::1:0:0", "64:ff9c::", Reserved),
            ("100::", "100::ffff", Reserved),
            ("2000::", "2000:ffff::", Public),
            ("2001::", "2001:0:ffff::1", Tunnel),
            ("2001:2::", "2001:2:0:ffff::", Benchmarking),
            ("2001:1::1", "2001:1ff:ffff::", Reserved),
            ("2001:200::", "2001:db7:ffff::", Public),
            ("2001:db8::", "3fff:fff:ffff::", Documentation),
            ("2002::", "2002:7f00:1::", Tunnel),
            ("2600::", "2a00:1450::1", Public),
            ("3fff:1000::", "3fff:ffff::", Public),
            ("2600::5efe:7f00:1", "2600::200:5efe:808:808", Tunnel),
            ("4000::", "fbff::", Reserved),
            ("fc00::", "fdff:ffff::", Private),
            ("fd00:ec2::254", "fd20:ce::254", Metadata),
            ("fe00::", "fe7f:ffff::", Reserved),
            ("fe80::", "febf:ffff::", LinkLocal),
            ("fec0::", "feff:ffff::", LinkLocal),
            ("ff00::", "ffff:ffff::", Multicast),
        ] {
            assert_eq!(kind(first), expected, "{first}");
            assert_eq!(kind(last), expected, "{last}");
        }
    }
}
