//! Credentials in a type that cannot be printed, and the redactor that keeps them out of upstream text.

use std::{borrow::Cow, fmt, sync::Arc};

use memchr::memmem::Finder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// What stands where a credential stood.
pub const REDACTED: &str = "[redacted]";

/// A secret shorter than this many bytes is not looked for in upstream text: `none` or `x` would be found in
/// every answer, and no vendor hands out keys this short.
pub const SHORTEST_REDACTED: usize = 8;

/// How many characters of a key a masked echo must show before it is taken for ours.
const SHORTEST_ECHO: usize = 4;

/// A credential: no `Display`, no `Serialize`, and a `Debug` that tells nothing, not even the length. Clones
/// share one copy, which is wiped from memory when the last of them goes.
///
/// ```
/// use gateway_providers::Secret;
///
/// let key = Secret::from("sk-test-123456");
/// assert_eq!(format!("{key:?}"), "Secret([redacted])");
/// assert_eq!(key.expose(), "sk-test-123456");
/// ```
#[derive(Clone)]
pub struct Secret(Arc<SecretString>);

impl Secret {
    /// The text itself. The name is long to be found: call it only where the credential leaves for its provider.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

/// For telling whether a configuration has changed. The time it takes depends on the texts, so it is nothing to check a
/// caller's credential with.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Arc::new(SecretString::from(text)))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// Takes our own credentials out of what an upstream says.
///
/// It replaces the text of each secret as it is, as JSON escapes it (also with `\/`), and percent-encoded; and
/// the masked form in which vendors echo a key they refuse, e.g. `sk-ab***wxyz`.
#[derive(Clone, Default)]
pub struct Redactor {
    needles: Arc<[Finder<'static>]>,
    secrets: Arc<[Secret]>,
}

impl Redactor {
    /// A redactor for these secrets; those shorter than [`SHORTEST_REDACTED`] are left out.
    pub fn new(secrets: &[Secret]) -> Self {
        let secrets: Vec<Secret> = secrets
            .iter()
            .filter(|secret| secret.expose().len() >= SHORTEST_REDACTED)
            .cloned()
            .collect();
        let mut spellings: Vec<String> = secrets
            .iter()
            .flat_map(|secret| spellings(secret.expose()))
            .collect();
        // The longest first: a secret that contains another is replaced whole.
        spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        spellings.dedup();
        let needles = spellings
            .iter()
            .map(|text| Finder::new(text.as_bytes()).into_owned())
            .collect();
        Self {
            needles,
            secrets: secrets.into(),
        }
    }

    /// The text without our secrets; borrowed, at the cost of a search, when there was nothing to take out.
    pub fn redact<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut clean = Cow::Borrowed(text);
        for needle in self.needles.iter() {
            if let Some(replaced) = replace_all(needle, &clean) {
                clean = Cow::Owned(replaced);
            }
        }
        for secret in self.secrets.iter() {
            if let Some(replaced) = replace_masked(secret.expose().as_bytes(), &clean) {
                clean = Cow::Owned(replaced);
            }
        }
        clean
    }

    /// Whether the text holds one of our secrets, in any of the forms that [`redact`](Self::redact) replaces.
    pub fn finds(&self, text: &[u8]) -> bool {
        matches!(self.redact(text), Cow::Owned(_))
    }
}

/// What is looked for follows from the secrets.
impl PartialEq for Redactor {
    fn eq(&self, other: &Self) -> bool {
        self.secrets == other.secrets
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} secrets)", self.secrets.len())
    }
}

/// [`Redactor::redact`] for a single use.
pub fn redact<'a>(secrets: &[Secret], text: &'a [u8]) -> Cow<'a, [u8]> {
    Redactor::new(secrets).redact(text)
}

/// The spellings in which an upstream can echo a secret.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json
        .trim_start_matches('"')
        .strip_suffix('"')
        .unwrap_or_default()
        .to_owned();
    let slashes = json.replace('/', "\\/");
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    [secret.to_owned(), json, slashes, percent, form]
        .into_iter()
        .filter(|spelling| spelling.len() >= SHORTEST_REDACTED)
        .collect()
}

fn replace_all(needle: &Finder<'_>, text: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::new();
    let mut copied = 0;
    for at in needle.find_iter(text) {
        clean.extend_from_slice(text.get(copied..at)?);
        clean.extend_from_slice(REDACTED.as_bytes());
        copied = at + needle.needle().len();
    }
    if copied == 0 {
        return None;
    }
    clean.extend_from_slice(text.get(copied..)?);
    Some(clean)
}

/// Replaces each `prefix***suffix` of which prefix and suffix are the secret's own ends.
fn replace_masked(secret: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::new();
    let mut copied = 0;
    for (start, end) in mask_runs(text) {
        let before = text.get(copied..start)?;
        let after = text.get(end..)?;
        let prefix = (1..=secret.len().min(before.len()))
            .rev()
            .find(|&length| {
                secret
                    .get(..length)
                    .is_some_and(|ends| before.ends_with(ends))
            })
            .unwrap_or(0);
        let suffix = (1..=secret.len().min(after.len()))
            .rev()
            .find(|&length| {
                secret
                    .get(secret.len() - length..)
                    .is_some_and(|begins| after.starts_with(begins))
            })
            .unwrap_or(0);
        if prefix + suffix < SHORTEST_ECHO {
            continue;
        }
        clean.extend_from_slice(text.get(copied..start - prefix)?);
        clean.extend_from_slice(REDACTED.as_bytes());
        copied = end + suffix;
    }
    if copied == 0 {
        return None;
    }
    clean.extend_from_slice(text.get(copied..)?);
    Some(clean)
}

/// Where three or more mask characters of one kind (`*`, `.`) stand together.
fn mask_runs(text: &[u8]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + memchr::memchr2(b'*', b'.', text.get(from..)?)?;
            let kind = *text.get(start)?;
            let length = text
                .get(start..)?
                .iter()
                .take_while(|byte| **byte == kind)
                .count();
            from = start + length;
            if length >= 3 {
                return Some((start, from));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "sk-ab/cdefgh\"ijklmnopwxyz";

    fn clean(text: &str) -> String {
        String::from_utf8(redact(&[Secret::from(KEY)], text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn every_spelling_of_a_key_is_taken_out() {
        let json = serde_json::to_string(KEY).unwrap();
        for echo in [
            KEY.to_owned(),
            json.clone(),
            json.replace('/', "\\/"),
            KEY.replace('/', "%2F").replace('"', "%22"),
        ] {
            let text = clean(&format!("Incorrect key: {echo}."));
            assert!(text.contains(REDACTED), "{echo} -> {text}");
            assert!(!text.contains("cdefgh"), "{echo} -> {text}");
        }
        for mask in [
            "sk-ab***wxyz",
            "sk-a************************xyz",
            "sk-***...wxyz",
            "sk-ab...wxyz",
            "***wxyz",
        ] {
            let text = clean(&format!("Incorrect API key provided: {mask}. See"));
            assert!(
                !text.contains("wxyz") && !text.contains("sk-a"),
                "{mask} -> {text}"
            );
            assert!(
                text.starts_with("Incorrect API key provided: ") && text.contains(REDACTED),
                "{mask} -> {text}"
            );
        }
    }

    #[test]
    fn text_without_the_key_is_borrowed_as_it_is() {
        for text in [
            "",
            "nothing",
            "a *** b",
            "***bold***",
            "wait... what",
            "sk-",
            "x***y",
            "***",
        ] {
            assert!(
                matches!(
                    redact(&[Secret::from(KEY)], text.as_bytes()),
                    Cow::Borrowed(_)
                ),
                "{text}"
            );
        }
        assert_eq!(redact(&[Secret::from("none")], b"none").as_ref(), b"none");
        assert_eq!(redact(&[], b"anything").as_ref(), b"anything");
    }

    #[test]
    fn nothing_prints_a_secret() {
        let secret = Secret::from(KEY);
        let printed = format!(
            "{secret:?} {:?}",
            Redactor::new(std::slice::from_ref(&secret))
        );
        assert!(!printed.contains("cdefgh"), "{printed}");
    }

    proptest! {
        #[test]
        fn no_text_keeps_the_key(before in "[ -~]{0,40}", after in "[ -~]{0,40}", key in "[a-zA-Z0-9_/+=-]{8,60}") {
            let text = format!("{before}{key}{after}");
            let clean = redact(&[Secret::from(key.as_str())], text.as_bytes()).into_owned();
            let clean = String::from_utf8(clean).unwrap();
            prop_assert!(!clean.contains(&key), "{clean}");
        }
    }
}
