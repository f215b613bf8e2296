//! A URL as somebody else wrote it, read once and strictly.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

/// A longer address is nobody's.
const LONGEST: usize = 2048;

/// A URL that names a place without ambiguity: `http` or `https`, a host, no user, no fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct CallersUrl(Url);

/// Why a text is no URL of that kind. The words end the sentence "it cannot be used: ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallersUrlError {
    /// It is empty or too long.
    #[error("it must have 1 to {LONGEST} characters")]
    Length,
    /// It has a character that readers of URLs understand in different ways.
    #[error(
        "it has a character that does not belong there; write scheme, host, port and path only, e.g. `https://vllm.example.com:8000/v1`"
    )]
    Character,
    /// It does not begin with a scheme that is spoken.
    #[error("it must begin with `{0}`")]
    Scheme(&'static str),
    /// It is no URL.
    #[error("it is not a URL")]
    NotAUrl,
    /// It names a user.
    #[error("it must not hold a user name or a password")]
    User,
    /// It has a query or a fragment where there is none.
    #[error("it must not have a query or a fragment")]
    Rest,
    /// It names port 0.
    #[error("port 0 is no port")]
    Port,
    /// Its path climbs.
    #[error("its path must not have `.` or `..` in it")]
    Climbs,
}

impl CallersUrl {
    /// Reads the base address of an API: plain characters only, neither query nor fragment.
    ///
    /// # Errors
    /// See [`CallersUrlError`].
    pub fn endpoint(text: &str) -> Result<Self, CallersUrlError> {
        check_length(text)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]".contains(&byte);
        if text.contains('@') {
            return Err(CallersUrlError::User);
        }
        if text.contains(['?', '#']) {
            return Err(CallersUrlError::Rest);
        }
        if !text.bytes().all(is_plain) {
            return Err(CallersUrlError::Character);
        }
        if text.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(CallersUrlError::Climbs);
        }
        Self::read(text, &["http://", "https://"], "http://` or `https://")
    }

    /// Reads the address of something to fetch: `https`, with a query if it has one. A fragment says nothing to a
    /// server and is taken off.
    ///
    /// # Errors
    /// See [`CallersUrlError`].
    pub fn resource(text: &str) -> Result<Self, CallersUrlError> {
        check_length(text)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['\\', '<', '>', '"'])
        {
            return Err(CallersUrlError::Character);
        }
        let mut read = Self::read(text, &["https://"], "https://")?;
        read.0.set_fragment(None);
        Ok(read)
    }

    fn read(text: &str, schemes: &[&str], wanted: &'static str) -> Result<Self, CallersUrlError> {
        let begins = |scheme: &&str| {
            let start = text.get(..scheme.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        let scheme = schemes.iter().copied().find(begins);
        let rest = scheme.and_then(|scheme| text.get(scheme.len()..));
        let rest = rest.ok_or(CallersUrlError::Scheme(wanted))?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(CallersUrlError::User);
        }
        if authority.contains('%') {
            return Err(CallersUrlError::Character);
        }
        let url = Url::parse(text).map_err(|_| CallersUrlError::NotAUrl)?;
        // A parser that forgives would take the host from the path.
        if authority.is_empty() || !url.has_host() {
            return Err(CallersUrlError::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(CallersUrlError::User);
        }
        if url.port() == Some(0) {
            return Err(CallersUrlError::Port);
        }
        Ok(Self(url))
    }

    /// The URL itself, in the form that the parser gave it.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// The port, be it said or the scheme's own.
    #[must_use]
    pub fn port(&self) -> u16 {
        // Both schemes have a port of their own.
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// Whether it names an origin and nothing below it.
    #[must_use]
    pub fn is_origin(&self) -> bool {
        self.0.path() == "/" && self.0.query().is_none()
    }

    /// Whether the host is a name, which leads to addresses that its text does not tell.
    #[must_use]
    pub fn has_name(&self) -> bool {
        self.literal().is_none()
    }

    /// The address, where the host is written as one.
    pub(super) fn literal(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        }
    }

    /// The host as it stands in the URL.
    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

fn check_length(text: &str) -> Result<(), CallersUrlError> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(CallersUrlError::Length);
    }
    Ok(())
}

/// Leaves the query out, which may hold somebody's signature.
impl fmt::Debug for CallersUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallersUrl({})", &self.0[..url::Position::AfterPath])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_plain() {
        for (text, read) in [
            ("http://10.0.0.1:8000", "http://10.0.0.1:8000/"),
            (
                "HTTPS://VLLM.Example.com/v1/",
                "https://vllm.example.com/v1/",
            ),
            (
                "http://[2001:DB8::1]:8000/a/b",
                "http://[2001:db8::1]:8000/a/b",
            ),
            ("http://a.example:80", "http://a.example/"),
        ] {
            assert_eq!(
                CallersUrl::endpoint(text).unwrap().as_url().as_str(),
                read,
                "{text}"
            );
        }
        use CallersUrlError::*;
        let long = format!("http://a.example/{}", "a".repeat(LONGEST));
        for (text, expected) in [
            ("", Length),
            (long.as_str(), Length),
            ("http://u@a.example", User),
            ("http://@a.example", User),
            ("http://a.example?", Rest),
            ("http://a.example/#", Rest),
            ("http://a.example/%2e%2e", Character),
            ("http://a.example\\b", Character),
            ("http://a.example /", Character),
            ("http://a.exampl\u{e9}", Character),
            ("http://a.example/../b", Climbs),
            ("http://", NotAUrl),
            ("http:///a.example", NotAUrl),
            ("http://:80", NotAUrl),
            ("http://a.example:65536", NotAUrl),
            ("http://256.1.1.1", NotAUrl),
            ("http://a.example:0", Port),
        ] {
            assert_eq!(CallersUrl::endpoint(text), Err(expected), "{text}");
        }
        for text in [
            "http:a.example",
            "http:/a.example",
            "ftp://a.example",
            "a.example",
            "//a",
        ] {
            assert!(
                matches!(CallersUrl::endpoint(text), Err(Scheme(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_resource_may_have_a_query_and_is_fetched_by_https_only() {
        let text = "https://a.example/cat%20one.png?sig=a%2Fb&t=1#top";
        let url = CallersUrl::resource(text).unwrap();
        assert_eq!(
            url.as_url().as_str(),
            "https://a.example/cat%20one.png?sig=a%2Fb&t=1"
        );
        assert!(!format!("{url:?}").contains("sig"));
        for text in [
            "http://a.example/a.png",
            "https://u:p@a.example/a.png",
            "https://%61.example/a.png",
            "https://a.example\\@b.example/",
            "https:/a.example/a.png",
            "https://a.example/a b.png",
            "data:image/png;base64,AAAA",
            "file:///a.png",
        ] {
            assert!(CallersUrl::resource(text).is_err(), "{text}");
        }
    }
}
