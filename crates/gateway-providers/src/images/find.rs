//! Where a chat request names images by their address.

use std::{borrow::Cow, ops::Range};

use serde::Deserialize;
use serde_json::value::RawValue;

/// An image that is named by an `https` address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LinkedImage {
    /// Where the address stands in the body, quotes included.
    pub(super) range: Range<usize>,
    pub(super) url: String,
    /// The member's path, e.g. `messages[0].content[1].image_url.url`.
    pub(super) param: String,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    image_url: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Image<'a> {
    #[serde(borrow)]
    url: &'a RawValue,
}

/// The images in the messages' content, in their order. What is of another shape is left for others to refuse.
pub(super) fn linked_images(body: &[u8]) -> Vec<LinkedImage> {
    if memchr::memmem::find(body, b"image_url").is_none() {
        return Vec::new();
    }
    let Ok(Body { messages }) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (message, raw) in messages.into_iter().enumerate() {
        let content = serde_json::from_str::<Message<'_>>(raw.get()).ok();
        let content = content.and_then(|message| message.content);
        let parts = content.and_then(|content| serde_json::from_str(content.get()).ok());
        let parts: Vec<&RawValue> = parts.unwrap_or_default();
        for (part, raw) in parts.into_iter().enumerate() {
            let image = linked(raw, body);
            found.extend(image.map(|(url, range)| LinkedImage {
                range,
                url,
                param: format!("messages[{message}].content[{part}].image_url.url"),
            }));
        }
    }
    found
}

fn linked(part: &RawValue, body: &[u8]) -> Option<(String, Range<usize>)> {
    let part: Part<'_> = serde_json::from_str(part.get()).ok()?;
    let image: Image<'_> = serde_json::from_str(part.image_url?.get()).ok()?;
    let url: Cow<'_, str> = serde_json::from_str(image.url.get()).ok()?;
    let scheme = url.get(..8)?;
    if !scheme.eq_ignore_ascii_case("https://") {
        return None;
    }
    let range = place(image.url.get(), body)?;
    Some((url.into_owned(), range))
}

/// Where a text that was borrowed from the body stands in it.
fn place(text: &str, body: &[u8]) -> Option<Range<usize>> {
    let start = (text.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let range = start..start + text.len();
    (body.get(range.clone()) == Some(text.as_bytes())).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_by_address_are_found_where_they_stand_and_nothing_else_is() {
        let body = r#"{ "model":"m","image_url":"https://no/", "messages" : [
            {"role":"user","content":"image_url https://no/"},
            {"role":"user","content":[{"type":"text","text":"https://no/"},
              {"type":"image_url","image_url":{ "detail":"low", "url" : "https:\/\/a.example/1.png?x=\u0031" }},
              {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
              {"type":"image_url","image_url":{"url":"http://a.example/2.png"}},
              {"type":"image_url","image_url":"https://a.example/3.png"},
              {"type":"image_url","image_url":{"url":7}}, 7, null]},
            {"role":"tool","content":[{"type":"image_url","image_url":{"url":"HTTPS://b.example/4.png"}}]}, 7 ]}"#;
        let found = linked_images(body.as_bytes());
        let shown: Vec<_> = found
            .iter()
            .map(|image| {
                (
                    image.url.as_str(),
                    image.param.as_str(),
                    &body[image.range.clone()],
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                (
                    "https://a.example/1.png?x=1",
                    "messages[1].content[1].image_url.url",
                    r#""https:\/\/a.example/1.png?x=\u0031""#
                ),
                (
                    "HTTPS://b.example/4.png",
                    "messages[2].content[0].image_url.url",
                    r#""HTTPS://b.example/4.png""#
                ),
            ]
        );
        for other in ["", "{}", "[]", r#"{"messages":7,"image_url":1}"#] {
            assert_eq!(linked_images(other.as_bytes()), []);
        }
    }
}
