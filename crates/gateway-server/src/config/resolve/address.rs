//! Addresses to listen on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Reads `host:port`. The host is an IP address, `localhost`, or `*`; names are not looked up.
pub(super) fn parse(text: &str) -> Result<SocketAddr, &'static str> {
    const FORM: &str =
        "expected an address `host:port`, e.g. `127.0.0.1:8080`, `[::1]:8080`, `*:8080`";
    let (host, port) = text.trim().rsplit_once(':').ok_or(FORM)?;
    let port: u16 = port
        .parse()
        .map_err(|_| "expected a port between 0 and 65535 at the end of the address")?;
    let host = match host {
        "*" | "" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        name if name.eq_ignore_ascii_case("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        other => match other
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(inner) => IpAddr::V6(inner.parse().map_err(|_| FORM)?),
            None => IpAddr::V4(other.parse().map_err(|_| FORM)?),
        },
    };
    Ok(SocketAddr::new(host, port))
}

/// Whether only this machine can reach the address.
pub(super) fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_names_are_not_looked_up() {
        for (text, address, loopback) in [
            ("127.0.0.1:8080", "127.0.0.1:8080", true),
            ("127.8.0.1:1", "127.8.0.1:1", true),
            ("localhost:0", "127.0.0.1:0", true),
            ("[::1]:8080", "[::1]:8080", true),
            ("[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", true),
            ("*:8080", "0.0.0.0:8080", false),
            (":8080", "0.0.0.0:8080", false),
            ("[::]:8080", "[::]:8080", false),
            ("10.0.0.1:80", "10.0.0.1:80", false),
        ] {
            let parsed = parse(text).unwrap();
            assert_eq!(parsed.to_string(), address, "{text}");
            assert_eq!(is_loopback(&parsed), loopback, "{text}");
        }
        for wrong in [
            "",
            "8080",
            "127.0.0.1",
            "::1:8080x",
            "host.example:80",
            "127.0.0.1:65536",
            "127.0.0.1:-1",
            "1.2.3:80",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
