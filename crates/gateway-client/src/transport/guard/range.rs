//! Ranges of addresses, as `10.0.0.0/8`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// A range of IP addresses of one family: those that begin with the same bits.
///
/// ```
/// use gateway_client::transport::guard::AddressRange;
///
/// let range: AddressRange = "10.0.0.0/8".parse()?;
/// assert!(range.contains("10.1.2.3".parse()?) && !range.contains("11.0.0.1".parse()?));
/// assert_eq!("192.0.2.7".parse::<AddressRange>()?.to_string(), "192.0.2.7/32");
/// assert!("10.0.0.1/8".parse::<AddressRange>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    first: IpAddr,
    length: u8,
}

/// Why a text is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a range as `10.0.0.0/8` or `fd00::/8`, or a single address; the bits behind the prefix must be zero"
)]
pub struct AddressRangeError;

impl AddressRange {
    /// A range of IPv4 addresses, for tables. Bits behind the prefix count for nothing.
    pub(super) const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Self {
        Self {
            first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            length,
        }
    }

    /// A range of IPv6 addresses, for tables. Bits behind the prefix count for nothing.
    pub(super) const fn v6(bits: u128, length: u8) -> Self {
        Self {
            first: IpAddr::V6(Ipv6Addr::from_bits(bits)),
            length,
        }
    }

    /// The range that holds this address only.
    pub fn single(address: IpAddr) -> Self {
        let length = if address.is_ipv4() { 32 } else { 128 };
        Self {
            first: address,
            length,
        }
    }

    /// Whether the address is in the range. One family holds no address of the other, however it is written.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differ = u128::from(first.to_bits() ^ address.to_bits());
                is_zero_before(differ << 96, self.length)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                is_zero_before(first.to_bits() ^ address.to_bits(), self.length)
            }
            _ => false,
        }
    }
}

/// Whether the first bits are all zero.
fn is_zero_before(bits: u128, length: u8) -> bool {
    bits.leading_zeros() >= u32::from(length)
}

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    fn from_str(text: &str) -> Result<Self, AddressRangeError> {
        let Some((first, length)) = text.split_once('/') else {
            let address = text.parse().map_err(|_| AddressRangeError)?;
            return Ok(Self::single(address));
        };
        let first: IpAddr = first.parse().map_err(|_| AddressRangeError)?;
        let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
        let length: u8 = length.parse().map_err(|_| AddressRangeError)?;
        let (bits, most) = match first {
            IpAddr::V4(first) => (u128::from(first.to_bits()) << 96, 32),
            IpAddr::V6(first) => (first.to_bits(), 128),
        };
        let rest = bits.checked_shl(u32::from(length)).unwrap_or(0);
        if !is_number || length > most || rest != 0 {
            return Err(AddressRangeError);
        }
        Ok(Self { first, length })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

impl fmt::Debug for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_begins_as_it_does() {
        for (range, inside, outside) in [
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("100.64.0.0/10", "100.127.255.255", "100.128.0.0"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("::/0", "ffff::", "0.0.0.0"),
            ("fc00::/7", "fdff::1", "fe00::"),
            ("2001:db8::/32", "2001:db8:ffff::", "2001:db9::"),
            ("::1", "::1", "::2"),
        ] {
            let range: AddressRange = range.parse().unwrap();
            assert!(range.contains(inside.parse().unwrap()), "{range} {inside}");
            assert!(
                !range.contains(outside.parse().unwrap()),
                "{range} {outside}"
            );
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "/",
            "10",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.1/8",
            "::/129",
            "::1/64",
            "fe80::1%1/64",
            "10.0.0.0/8/8",
            "a/8",
            "[::]/0",
        ] {
            assert!(text.parse::<AddressRange>().is_err(), "{text}");
        }
    }
}
