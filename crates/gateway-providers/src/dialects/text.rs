//! Text in an event that is borrowed from the event's bytes where it holds no escapes.

use std::{borrow::Cow, fmt, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// A string of an event. Unlike `Option<Cow<str>>`, an `Option<Text>` borrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Texts)
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Text<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_borrowed_where_it_can_be() {
        let plain: Option<Text<'_>> = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(plain, Some(Text(Cow::Borrowed("plain")))));
        let escaped: Option<Text<'_>> = serde_json::from_str(r#""a\nb""#).unwrap();
        assert!(matches!(escaped, Some(Text(Cow::Owned(text))) if text == "a\nb"));
        assert_eq!(
            serde_json::from_str::<Option<Text<'_>>>("null").unwrap(),
            None
        );
    }
}
