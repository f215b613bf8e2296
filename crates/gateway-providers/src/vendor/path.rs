//! Paths that configuration may name: checked when they are read, so that joining them to a base URL is safe.

use std::{borrow::Cow, fmt, str::FromStr};

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What stays as it is in one path segment: the unreserved characters of RFC 3986, section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

const MODEL: &str = "{model}";

/// A path below a base URL, e.g. `/chat/completions`, or `/deployments/{model}/chat/completions`, where the
/// upstream's model name takes the place of `{model}` as one segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(with = "String")
)]
#[serde(try_from = "String", into = "String")]
pub struct PathTemplate(String);

/// Why a text is no path of a vendor row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no path: {reason}")]
pub struct PathError {
    /// What was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl PathTemplate {
    /// `/models`, where OpenAI lists its models.
    pub fn models() -> Self {
        Self("/models".to_owned())
    }

    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the model's name is a part of the path.
    pub fn names_model(&self) -> bool {
        self.0.contains(MODEL)
    }

    /// The path for one model, percent-encoded.
    ///
    /// The name is one segment whatever is in it. A name of dots alone, which a URL would resolve away, is
    /// encoded twice: the upstream answers that it has no such model.
    pub fn render(&self, model: &str) -> Cow<'_, str> {
        if !self.names_model() {
            return Cow::Borrowed(&self.0);
        }
        Cow::Owned(self.0.replace(MODEL, &segment(model)))
    }
}

/// Any text as one segment of a path: it cannot end the segment, and is never taken for `.` or `..`.
pub(crate) fn segment(text: &str) -> String {
    match text {
        "." => "%252E".to_owned(),
        ".." => "%252E%252E".to_owned(),
        _ => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

impl FromStr for PathTemplate {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let wrong = |reason| {
            Err(PathError {
                text: text.to_owned(),
                reason,
            })
        };
        let Some(rest) = text.strip_prefix('/') else {
            return wrong("it begins with `/`");
        };
        for segment in rest.split('/').filter(|segment| *segment != MODEL) {
            if segment.is_empty() || segment == "." || segment == ".." {
                return wrong("no segment is empty or made of dots");
            }
            if !segment.bytes().all(is_plain) {
                return wrong("segments have letters, digits and `-_.~:`, or are `{model}`");
            }
        }
        Ok(Self(text.to_owned()))
    }
}

/// What a written segment may hold. The colon is in some vendors' method names.
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte)
}

impl TryFrom<String> for PathTemplate {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<PathTemplate> for String {
    fn from(path: PathTemplate) -> Self {
        path.0
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One method and path that `/proxy/{provider}/...` lets through, written like `POST /chat/completions`.
/// The path stands below the base URL; a segment `*` is any one segment, a last segment `**` any number (at
/// least one).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(with = "String")
)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyRule {
    method: Method,
    segments: Vec<String>,
}

impl ProxyRule {
    /// The rule that lets one row path through, `{model}` standing for any one segment.
    pub fn for_path(method: Method, path: &PathTemplate) -> Self {
        let segments = path.as_str().split('/').skip(1);
        let segments = segments
            .map(|segment| if segment == MODEL { "*" } else { segment }.to_owned())
            .collect();
        Self { method, segments }
    }

    /// Whether the rule lets these segments through. A `GET` rule is one for `HEAD` too.
    pub fn allows(&self, method: &Method, segments: &[&str]) -> bool {
        let head = self.method == Method::GET && *method == Method::HEAD;
        if self.method != *method && !head {
            return false;
        }
        match self.segments.split_last() {
            Some((last, before)) if last == "**" => {
                segments.len() > before.len()
                    && before
                        .iter()
                        .zip(segments)
                        .all(|(rule, segment)| fits(rule, segment))
            }
            _ => {
                self.segments.len() == segments.len()
                    && self
                        .segments
                        .iter()
                        .zip(segments)
                        .all(|(rule, segment)| fits(rule, segment))
            }
        }
    }
}

fn fits(rule: &str, segment: &str) -> bool {
    rule == "*" || rule == segment
}

impl FromStr for ProxyRule {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let wrong = |reason| PathError {
            text: text.to_owned(),
            reason,
        };
        let (method, path) = text
            .split_once(' ')
            .ok_or_else(|| wrong("it is written like `POST /chat/completions`"))?;
        let upper = method.bytes().all(|byte| byte.is_ascii_uppercase());
        let method = method
            .parse()
            .ok()
            .filter(|_| upper)
            .ok_or_else(|| wrong("the method is in capital letters"))?;
        let rest = path
            .strip_prefix('/')
            .ok_or_else(|| wrong("the path begins with `/`"))?;
        let segments: Vec<String> = rest.split('/').map(ToOwned::to_owned).collect();
        for (index, segment) in segments.iter().enumerate() {
            let star = segment == "*" || (segment == "**" && index + 1 == segments.len());
            let dots = segment.is_empty() || segment == "." || segment == "..";
            if !star && (dots || !segment.bytes().all(is_plain)) {
                return Err(wrong(
                    "segments have letters, digits and `-_.~:`, or are `*`, or a last `**`",
                ));
            }
        }
        Ok(Self { method, segments })
    }
}

impl TryFrom<String> for ProxyRule {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<ProxyRule> for String {
    fn from(rule: ProxyRule) -> Self {
        rule.to_string()
    }
}

impl fmt::Display for ProxyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} /{}", self.method, self.segments.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_one_segment_whatever_its_name() {
        let path: PathTemplate = "/deployments/{model}/chat/completions".parse().unwrap();
        for (model, segment) in [
            ("gpt-4o", "gpt-4o"),
            ("a/b", "a%2Fb"),
            ("a b?c#d", "a%20b%3Fc%23d"),
            ("..", "%252E%252E"),
            (".", "%252E"),
            ("%2e%2e", "%252e%252e"),
            ("ä", "%C3%A4"),
        ] {
            assert_eq!(
                path.render(model),
                format!("/deployments/{segment}/chat/completions")
            );
        }
        assert_eq!(
            "/embeddings".parse::<PathTemplate>().unwrap().render("x/y"),
            "/embeddings"
        );
    }

    #[test]
    fn paths_that_could_leave_their_place_are_refused() {
        for text in [
            "", "a", "/", "/a/", "//a", "/..", "/a/../b", "/a?b", "/a#b", "/a%2fb", "/a\\b",
            "/{id}", "/a b",
        ] {
            assert!(text.parse::<PathTemplate>().is_err(), "{text}");
        }
    }

    #[test]
    fn rules_match_whole_segments() {
        let allows = |rule: &str, method: Method, path: &[&str]| {
            rule.parse::<ProxyRule>().unwrap().allows(&method, path)
        };
        assert!(allows(
            "POST /chat/completions",
            Method::POST,
            &["chat", "completions"]
        ));
        assert!(!allows(
            "POST /chat/completions",
            Method::GET,
            &["chat", "completions"]
        ));
        assert!(!allows(
            "POST /chat/completions",
            Method::POST,
            &["chat", "completions", "x"]
        ));
        assert!(!allows(
            "POST /chat",
            Method::POST,
            &["chat", "completions"]
        ));
        assert!(allows("GET /models/*", Method::HEAD, &["models", "x"]));
        assert!(!allows("GET /models/*", Method::GET, &["models"]));
        assert!(allows("GET /models/**", Method::GET, &["models", "a", "b"]));
        assert!(!allows("GET /models/**", Method::GET, &["models"]));
        for text in [
            "",
            "POST",
            "post /a",
            "POST a",
            "POST /",
            "POST /a//b",
            "POST /**/a",
            "POST /../a",
            "POST /a?b",
        ] {
            assert!(text.parse::<ProxyRule>().is_err(), "{text}");
        }
        assert_eq!(
            "GET /models/*".parse::<ProxyRule>().unwrap().to_string(),
            "GET /models/*"
        );
    }
}
