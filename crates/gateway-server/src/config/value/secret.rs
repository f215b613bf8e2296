//! Secrets, alone and in lists.

use std::{borrow::Cow, fmt};

use gateway_providers::Secret;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer},
};

/// A secret: written as `"${NAME}"` (taken from the environment), `"file:PATH"` (read from a file, the line break at
/// its end dropped), or as it is, which is not recommended. It cannot be printed.
#[derive(Debug, Clone)]
pub struct SecretText(pub Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::from(text)))
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A secret: \"${NAME}\" takes it from the environment, \"file:PATH\" from a file (the line \
                            break at its end dropped).",
            "examples": ["${OPENAI_API_KEY}", "file:/run/secrets/openai"],
        })
    }
}

/// One key or several: a list, or one text with commas or space between, each item a key or `name=key`. Empty items
/// are dropped and never become a key.
#[derive(Debug, Clone, Default)]
pub struct KeyList(pub Vec<NamedKey>);

/// One key that callers may use.
#[derive(Debug, Clone)]
pub struct NamedKey {
    /// What logs call its user, where it was named.
    pub name: Option<String>,
    /// The key.
    pub key: Secret,
}

impl KeyList {
    fn split(text: &str) -> impl Iterator<Item = NamedKey> {
        text.split(|c: char| c == ',' || c.is_whitespace())
            .filter(|item| !item.is_empty())
            .map(NamedKey::parse)
    }
}

impl NamedKey {
    /// `name=key`, or a key alone. Keys in base64 end in `=`: that alone makes no name.
    fn parse(item: &str) -> Self {
        let is_name = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        match item.split_once('=') {
            Some((name, key)) if is_name(name) && key.bytes().any(|byte| byte != b'=') => Self {
                name: Some(name.to_owned()),
                key: Secret::from(key),
            },
            _ => Self {
                name: None,
                key: Secret::from(item),
            },
        }
    }
}

impl<'de> Deserialize<'de> for KeyList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = KeyList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of keys")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<KeyList, E> {
                Ok(KeyList(KeyList::split(text).collect()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<KeyList, A::Error> {
                let items = Vec::<String>::deserialize(SeqAccessDeserializer::new(items))?;
                Ok(KeyList(
                    items.iter().flat_map(|item| KeyList::split(item)).collect(),
                ))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for KeyList {
    fn schema_name() -> Cow<'static, str> {
        "KeyList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let secret = generator.subschema_for::<SecretText>();
        json_schema!({
            "description": "A list of keys, each a key or \"name=key\"; also one text with commas or space between.",
            "anyOf": [{ "type": "array", "items": secret }, secret],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_split_named_and_never_empty() {
        let keys = |text: &str| -> Vec<(Option<String>, String)> {
            KeyList::split(text)
                .map(|key| (key.name, key.key.expose().to_owned()))
                .collect()
        };
        let plain = |key: &str| (None, key.to_owned());
        assert_eq!(keys(" a,,b\n c\t,"), [plain("a"), plain("b"), plain("c")]);
        assert_eq!(keys(" , \n"), []);
        assert_eq!(
            keys("ci=abc=="),
            [(Some("ci".to_owned()), "abc==".to_owned())]
        );
        assert_eq!(keys("YWJj=="), [plain("YWJj==")]);
        assert_eq!(keys("YWJj="), [plain("YWJj=")]);
        assert_eq!(keys("=x"), [plain("=x")]);
    }
}
