//! Members that are a list in one event, one object in the next, and a text or nothing in a third.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use crate::dialects::text::Text;

/// None, one or several.
#[derive(Debug)]
pub(in crate::dialects::cohere) struct Several<T>(pub(in crate::dialects::cohere) Vec<T>);

/// What a bare text stands for where objects are usual.
pub(super) trait OfText<'a>: Sized {
    /// The object that the text stands for; none where objects are never written so.
    fn of_text(_: Text<'a>) -> Option<Self> {
        None
    }
}

impl<T> Default for Several<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de> + OfText<'de>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shapes(PhantomData))
    }
}

struct Shapes<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + OfText<'de>> Visitor<'de> for Shapes<T> {
    type Value = Several<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array, an object, a string or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Several<T>, E> {
        Ok(Several::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Several<T>, A::Error> {
        let items: Vec<Option<T>> = Vec::deserialize(SeqAccessDeserializer::new(items))?;
        Ok(Several(items.into_iter().flatten().collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Several<T>, A::Error> {
        Ok(Several(vec![T::deserialize(MapAccessDeserializer::new(
            members,
        ))?]))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Several<T>, E> {
        Ok(Several(T::of_text(text.into()).into_iter().collect()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Several<T>, E> {
        let text = Text(text.to_owned().into());
        Ok(Several(T::of_text(text).into_iter().collect()))
    }
}
