//! Which places may be called, and why one may not.

use std::net::{IpAddr, SocketAddr};

use url::Origin;

use super::{AddressKind, AddressPolicy, CallersUrl};

/// Which places may be called. As it comes it lets nothing through.
#[derive(Debug, Clone, Default)]
pub struct GuardPolicy {
    /// Origins that may be called at whatever port they have. An origin that is written as an address opens that
    /// address, if its kind [can be opened](AddressKind::can_be_opened); one with a name still has to lead to
    /// addresses that may be called.
    pub origins: Vec<Origin>,
    /// Whether every other place may be called too, at one of the ports.
    pub public: bool,
    /// The ports of places that are not listed.
    pub ports: Vec<u16>,
    /// The addresses that may be called.
    pub addresses: AddressPolicy,
    /// Where this process listens itself: never called. An unspecified address stands for all of this machine's.
    pub own: Vec<SocketAddr>,
}

/// Why a place is not called. The words end the sentence "it cannot be used: ..." and tell nothing about what a name
/// leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// Only listed origins may be called, and it is none of them.
    #[error("it is none of the origins that this gateway's configuration lists")]
    NotListed,
    /// The port is none of the ports.
    #[error("port {0} is not open to callers on this gateway")]
    Port(u16),
    /// The host is written as an address that may not be called.
    #[error("its address is not one that callers may choose on this gateway")]
    Address(AddressKind),
    /// This process listens there.
    #[error("its address is not one that callers may choose on this gateway")]
    Own,
    /// The name has no address, or one that may not be called.
    #[error("its host name does not lead to an address that callers may choose on this gateway")]
    Name(Unresolved),
}

/// What became of a name; for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unresolved {
    /// The resolver knows no address.
    Unknown,
    /// The resolver did not answer in time.
    Late,
    /// One of its addresses may not be called.
    Refused(AddressKind),
    /// This process listens at one of its addresses.
    Own,
}

impl GuardError {
    /// What the log may know and the caller not.
    #[must_use]
    pub fn log_detail(&self) -> &'static str {
        match self {
            Self::NotListed => "origin not listed",
            Self::Port(_) => "port not open",
            Self::Address(kind) | Self::Name(Unresolved::Refused(kind)) => kind.name(),
            Self::Own | Self::Name(Unresolved::Own) => "an address of this gateway",
            Self::Name(Unresolved::Unknown) => "name not resolved",
            Self::Name(Unresolved::Late) => "name not resolved in time",
        }
    }
}

impl GuardPolicy {
    /// Whether the place may be called as far as its text tells.
    ///
    /// # Errors
    /// Origin, port, or an address that may not be called.
    pub fn check(&self, url: &CallersUrl) -> Result<(), GuardError> {
        let is_listed = self.lists(url);
        if !is_listed && !self.public {
            return Err(GuardError::NotListed);
        }
        if !is_listed && !self.ports.contains(&url.port()) {
            return Err(GuardError::Port(url.port()));
        }
        match url.literal().and_then(|address| self.refusal(url, address)) {
            Some(kind) => Err(GuardError::Address(kind)),
            None => Ok(()),
        }
    }

    /// What keeps an address of that place from being called.
    pub(super) fn refusal(&self, url: &CallersUrl, address: IpAddr) -> Option<AddressKind> {
        let kind = self.addresses.refusal(address)?;
        let is_itself_listed = url.literal() == Some(address) && self.lists(url);
        (!(is_itself_listed && kind.can_be_opened())).then_some(kind)
    }

    fn lists(&self, url: &CallersUrl) -> bool {
        let origin = url.as_url().origin();
        self.origins.contains(&origin)
    }

    /// Whether this process listens there, where `is_of_this_machine` tells whose an address is.
    pub(super) fn is_own(
        &self,
        place: SocketAddr,
        is_of_this_machine: impl Fn(IpAddr) -> bool,
    ) -> bool {
        let address = place.ip().to_canonical();
        let listens = |own: &SocketAddr| {
            let listener = own.ip().to_canonical();
            own.port() == place.port()
                && (listener == address
                    || (listener.is_unspecified() && is_of_this_machine(address)))
        };
        address.is_unspecified() || self.own.iter().any(listens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> CallersUrl {
        CallersUrl::endpoint(text).unwrap()
    }

    #[test]
    fn nothing_passes_a_policy_that_says_nothing() {
        let policy = GuardPolicy::default();
        for text in [
            "https://a.example",
            "http://8.8.8.8",
            "http://127.0.0.1:8000",
        ] {
            assert_eq!(
                policy.check(&url(text)),
                Err(GuardError::NotListed),
                "{text}"
            );
        }
    }

    #[test]
    fn a_listed_origin_is_scheme_host_and_port_together() {
        let policy = GuardPolicy {
            origins: [
                "http://10.0.0.7:8000",
                "https://vllm.example",
                "http://169.254.169.254",
            ]
            .map(|text| url(text).as_url().origin())
            .to_vec(),
            ..GuardPolicy::default()
        };
        for (text, expected) in [
            ("http://10.0.0.7:8000/v1", Ok(())),
            ("https://vllm.example:443/any/path", Ok(())),
            ("https://VLLM.example", Ok(())),
            ("https://10.0.0.7:8000", Err(GuardError::NotListed)),
            ("http://10.0.0.7:8001", Err(GuardError::NotListed)),
            ("http://10.0.0.8:8000", Err(GuardError::NotListed)),
            ("http://vllm.example", Err(GuardError::NotListed)),
            ("https://vllm.example.", Err(GuardError::NotListed)),
            (
                "https://vllm.example.evil.example",
                Err(GuardError::NotListed),
            ),
            // Listed or not, some addresses stay shut.
            (
                "http://169.254.169.254",
                Err(GuardError::Address(AddressKind::Metadata)),
            ),
        ] {
            assert_eq!(policy.check(&url(text)), expected, "{text}");
        }
        // A listed name opens no address.
        let named = url("https://vllm.example");
        let inside = "10.0.0.7".parse().unwrap();
        assert_eq!(policy.refusal(&named, inside), Some(AddressKind::Private));
    }

    #[test]
    fn public_places_have_listed_ports_and_public_addresses() {
        let policy = GuardPolicy {
            public: true,
            ports: vec![443, 8000],
            addresses: AddressPolicy::opening(["10.0.0.0/8".parse().unwrap()]),
            ..GuardPolicy::default()
        };
        for (text, expected) in [
            ("https://a.example", Ok(())),
            ("http://8.8.8.8:8000", Ok(())),
            ("http://10.0.0.1:8000", Ok(())),
            ("http://a.example", Err(GuardError::Port(80))),
            ("https://a.example:22", Err(GuardError::Port(22))),
            (
                "https://192.168.0.1",
                Err(GuardError::Address(AddressKind::Private)),
            ),
            (
                "https://[::ffff:7f00:1]",
                Err(GuardError::Address(AddressKind::Loopback)),
            ),
        ] {
            assert_eq!(policy.check(&url(text)), expected, "{text}");
        }
    }

    #[test]
    fn where_the_process_listens_itself_is_no_place_to_call() {
        let policy = GuardPolicy {
            own: ["10.0.0.1:8080", "0.0.0.0:9090", "[::]:7070"]
                .map(|text| text.parse().unwrap())
                .to_vec(),
            ..GuardPolicy::default()
        };
        let ours: IpAddr = "192.0.2.1".parse().unwrap();
        let is_ours = |address| address == ours;
        for (place, expected) in [
            ("10.0.0.1:8080", true),
            ("[::ffff:10.0.0.1]:8080", true),
            ("10.0.0.1:8081", false),
            ("10.0.0.2:8080", false),
            ("192.0.2.1:9090", true),
            ("192.0.2.1:7070", true),
            ("192.0.2.2:9090", false),
            ("0.0.0.0:1", true),
        ] {
            assert_eq!(
                policy.is_own(place.parse().unwrap(), is_ours),
                expected,
                "{place}"
            );
        }
    }

    #[test]
    fn what_a_name_leads_to_is_not_told() {
        let texts = [
            Unresolved::Unknown,
            Unresolved::Late,
            Unresolved::Own,
            Unresolved::Refused(AddressKind::Private),
            Unresolved::Refused(AddressKind::Metadata),
        ]
        .map(|why| GuardError::Name(why).to_string());
        assert!(texts.iter().all(|text| text == &texts[0]), "{texts:?}");
        let details = [Unresolved::Unknown, Unresolved::Late, Unresolved::Own]
            .map(|why| GuardError::Name(why).log_detail());
        assert!(details[0] != details[1] && details[1] != details[2]);
    }
}
