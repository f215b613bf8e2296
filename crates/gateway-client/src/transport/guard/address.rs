//! Which addresses may be called.

use std::net::IpAddr;

use super::{AddressKind, AddressRange};

/// Which addresses may be called: public ones, and those of ranges that the operator has opened.
///
/// ```
/// use gateway_client::transport::guard::{AddressKind, AddressPolicy};
///
/// let policy = AddressPolicy::opening(["10.1.0.0/16".parse()?, "169.254.0.0/16".parse()?]);
/// assert_eq!(policy.refusal("93.184.215.14".parse()?), None);
/// assert_eq!(policy.refusal("10.1.2.3".parse()?), None);
/// assert_eq!(policy.refusal("10.2.0.1".parse()?), Some(AddressKind::Private));
/// // Some kinds cannot be opened.
/// assert_eq!(policy.refusal("169.254.169.254".parse()?), Some(AddressKind::Metadata));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    opened: Vec<AddressRange>,
}

impl AddressPolicy {
    /// Public addresses only.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// Public addresses, and those of these ranges whose kind [can be opened](AddressKind::can_be_opened).
    #[must_use]
    pub fn opening(ranges: impl IntoIterator<Item = AddressRange>) -> Self {
        Self {
            opened: ranges.into_iter().collect(),
        }
    }

    /// What keeps the address from being called; `None` where nothing does.
    #[must_use]
    pub fn refusal(&self, address: IpAddr) -> Option<AddressKind> {
        let kind = AddressKind::of(address);
        let canonical = address.to_canonical();
        let is_opened = || self.opened.iter().any(|range| range.contains(canonical));
        let may = kind == AddressKind::Public || (kind.can_be_opened() && is_opened());
        (!may).then_some(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opened_range_opens_what_can_be_opened_however_it_is_written() {
        let policy =
            AddressPolicy::opening(["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()]);
        for (address, expected) in [
            ("127.0.0.1", None),
            ("::ffff:127.0.0.1", None),
            ("::1", None),
            ("10.0.0.1", None),
            ("100.64.0.1", None),
            ("fd12::1", None),
            ("169.254.1.1", Some(AddressKind::LinkLocal)),
            ("::ffff:169.254.169.254", Some(AddressKind::Metadata)),
            ("100.100.100.200", Some(AddressKind::Metadata)),
            ("168.63.129.16", Some(AddressKind::Metadata)),
            ("fd00:ec2::254", Some(AddressKind::Metadata)),
            ("0.0.0.0", Some(AddressKind::Unspecified)),
            ("::", Some(AddressKind::Unspecified)),
            ("255.255.255.255", Some(AddressKind::Reserved)),
            ("224.0.0.1", Some(AddressKind::Multicast)),
            ("2002:7f00:1::", Some(AddressKind::Tunnel)),
        ] {
            assert_eq!(
                policy.refusal(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn a_translated_address_is_not_opened_by_the_range_of_the_address_behind_it() {
        let policy = AddressPolicy::opening(["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(policy.refusal("::ffff:10.0.0.1".parse().unwrap()), None);
        assert_eq!(
            policy.refusal("64:ff9b::10.0.0.1".parse().unwrap()),
            Some(AddressKind::Private)
        );
    }
}
