//! `data:` URLs, in which clients send images and files.
//!
//! Spec: <https://www.rfc-editor.org/rfc/rfc2397>

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

/// A `data:` URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataUrl<'a> {
    /// The media type without its parameters; `text/plain` where there is none.
    pub media_type: &'a str,
    /// The bytes in base64.
    pub base64: Cow<'a, str>,
}

/// Takes a `data:` URL apart; `None` where it is none. Base64 is not decoded here; what is written in
/// percent-encoding comes out as base64.
///
/// ```
/// use gateway_providers::dialects::data_url::parse;
///
/// let url = parse("data:image/png;base64,iVBORw0K").ok_or("no data URL")?;
/// assert_eq!((url.media_type, url.base64.as_ref()), ("image/png", "iVBORw0K"));
/// assert_eq!(parse("data:,a%20b").map(|url| url.base64.into_owned()).as_deref(), Some("YSBi"));
/// assert_eq!(parse("https://example.com/a.png"), None);
/// # Ok::<(), &str>(())
/// ```
pub fn parse(url: &str) -> Option<DataUrl<'_>> {
    let (scheme, rest) = url.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("data") {
        return None;
    }
    let (head, data) = rest.split_once(',')?;
    let mut parts = head.split(';').map(str::trim);
    let media_type = parts.next().filter(|kind| !kind.is_empty());
    let is_base64 = parts.any(|part| part.eq_ignore_ascii_case("base64"));
    let base64 = if is_base64 {
        Cow::Borrowed(data)
    } else {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(data).collect();
        Cow::Owned(STANDARD.encode(bytes))
    };
    Some(DataUrl {
        media_type: media_type.unwrap_or("text/plain"),
        base64,
    })
}
