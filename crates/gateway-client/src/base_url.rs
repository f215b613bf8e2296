//! Where an API lives, and how the address of one of its operations is made from that.

use url::Url;

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// It is not a URL at all.
    #[error("not a URL: {0}")]
    NotAUrl(#[from] url::ParseError),
    /// Its scheme is neither `http` nor `https`.
    #[error("the scheme must be http or https")]
    Scheme,
    /// It holds a user name or a password, which would end up in logs.
    #[error("credentials do not belong into a base URL")]
    Credentials,
}

/// Why an address cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{segment:?} cannot be a part of a path")]
pub struct PathError {
    segment: String,
}

/// The address of an API, such as `https://api.openai.com/v1`.
///
/// A trailing slash says nothing. A version that ends the base is not repeated:
///
/// ```
/// use gateway_client::base_url::BaseUrl;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let base: BaseUrl = "http://127.0.0.1:8080/v1/".parse()?;
/// assert_eq!(base.join(["v1", "models"])?.as_str(), "http://127.0.0.1:8080/v1/models");
/// assert_eq!(base.join(["models", "Qwen/Qwen3"])?.as_str(), "http://127.0.0.1:8080/v1/models/Qwen%2FQwen3");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Checks a URL and strips one trailing slash. A query (`?api-version=...`) stays on every address.
    ///
    /// # Errors
    /// See [`BaseUrlError`].
    pub fn new(mut url: Url) -> Result<Self, BaseUrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        url.set_fragment(None);
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
        }
        Ok(Self(url))
    }

    /// The address of what `segments` name. Each one is encoded, so that text of a user stays one segment,
    /// whatever it holds.
    ///
    /// # Errors
    /// For an empty segment, `.` and `..`, which would name something else.
    pub fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Result<Url, PathError> {
        let mut url = self.0.clone();
        let mut segments = segments.into_iter().peekable();
        segments.next_if(|first| is_version(first) && self.last_segment() == Some(first));
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            for segment in segments {
                if matches!(segment, "" | "." | "..") {
                    return Err(PathError {
                        segment: segment.to_owned(),
                    });
                }
                path.push(segment);
            }
        }
        Ok(url)
    }

    /// The URL itself.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    fn last_segment(&self) -> Option<&str> {
        self.0.path_segments()?.next_back()
    }
}

/// Leaves the query out, since some vendors put the key there.
impl std::fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BaseUrl({})", &self.0[..url::Position::AfterPath])
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        Self::new(Url::parse(text)?)
    }
}

/// `v1`, `v1beta`: a `v` and a digit.
fn is_version(segment: &str) -> bool {
    matches!(segment.as_bytes(), [b'v', digit, ..] if digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(base: &str, segments: &[&str]) -> String {
        base.parse::<BaseUrl>()
            .unwrap()
            .join(segments.iter().copied())
            .unwrap()
            .to_string()
    }

    #[test]
    fn joins_as_the_rule_says() {
        let table: &[(&str, &[&str], &str)] = &[
            ("http://a", &["models"], "http://a/models"),
            ("http://a/", &["v1", "models"], "http://a/v1/models"),
            ("http://a/v1", &["v1", "models"], "http://a/v1/models"),
            ("http://a/v1/", &["v1", "models"], "http://a/v1/models"),
            ("http://a/v1//", &["models"], "http://a/v1/models"),
            (
                "http://a/v1",
                &["v1beta", "models"],
                "http://a/v1/v1beta/models",
            ),
            (
                "http://a/v1beta",
                &["v1beta", "models"],
                "http://a/v1beta/models",
            ),
            (
                "http://a/api",
                &["api", "models"],
                "http://a/api/api/models",
            ),
            (
                "http://a/v1/x",
                &["v1", "models"],
                "http://a/v1/x/v1/models",
            ),
            (
                "http://a/v1?api-version=2#x",
                &["models"],
                "http://a/v1/models?api-version=2",
            ),
            (
                "http://a/v1",
                &["models", "Qwen/Qwen3:7b"],
                "http://a/v1/models/Qwen%2FQwen3:7b",
            ),
            (
                "http://a/v1",
                &["models", "../admin"],
                "http://a/v1/models/..%2Fadmin",
            ),
            (
                "http://a/v1",
                &["models", "%2e%2e"],
                "http://a/v1/models/%252e%252e",
            ),
            (
                "http://a/v1",
                &["models", "a?b#c\\d"],
                "http://a/v1/models/a%3Fb%23c%5Cd",
            ),
            (
                "http://a/v1",
                &["models", "http://b/"],
                "http://a/v1/models/http:%2F%2Fb%2F",
            ),
        ];
        for (base, segments, expected) in table {
            assert_eq!(join(base, segments), *expected, "{base} {segments:?}");
        }
    }

    #[test]
    fn refuses_segments_that_would_name_something_else() {
        let base: BaseUrl = "http://a/v1".parse().unwrap();
        for segment in ["", ".", ".."] {
            assert!(base.join(["models", segment]).is_err(), "{segment:?}");
        }
    }

    #[test]
    fn refuses_what_is_no_base_url() {
        assert_eq!("ftp://a".parse::<BaseUrl>(), Err(BaseUrlError::Scheme));
        assert_eq!(
            "http://u:p@a".parse::<BaseUrl>(),
            Err(BaseUrlError::Credentials)
        );
        assert!(matches!(
            "a/v1".parse::<BaseUrl>(),
            Err(BaseUrlError::NotAUrl(_))
        ));
    }
}
