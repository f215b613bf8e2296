//! Random wire objects as JSON, for the round-trip tests.
//!
//! A [`Mode::Plain`] object has known fields with known values only; a [`Mode::Wild`] one also
//! has nulls, fields that nobody knows, unknown enum values and unknown kinds.
#![allow(dead_code, reason = "each test binary uses a part")]

mod answer;
mod chat;
mod completion;
mod media;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub(crate) use answer::*;
pub(crate) use chat::*;
pub(crate) use completion::*;
pub(crate) use media::*;

/// How far the generated objects leave the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// Not at all.
    Plain,
    /// As far as servers and clients do.
    Wild,
}

pub(crate) type Values = BoxedStrategy<Value>;
pub(crate) type Fields = Vec<(&'static str, Values)>;

/// An object: required fields always, optional ones sometimes (and sometimes null), and in wild
/// mode fields that nobody knows.
pub(crate) fn object(mode: Mode, required: Fields, optional: Fields) -> Values {
    let (required_names, required): (Vec<_>, Vec<_>) = required.into_iter().unzip();
    let (optional_names, optional): (Vec<_>, Vec<_>) = optional.into_iter().unzip();
    let optional: Vec<_> = optional
        .into_iter()
        .map(|value| sometimes(mode, value))
        .collect();
    let unknown = if mode == Mode::Wild { 0..3 } else { 0..1 };
    (
        required,
        optional,
        btree_map("x_[a-z]{1,3}", any_json(), unknown),
    )
        .prop_map(move |(required, optional, unknown)| {
            let required = required_names
                .iter()
                .copied()
                .zip(required.into_iter().map(Some));
            let optional = optional_names.iter().copied().zip(optional);
            let mut object: Map<String, Value> = required
                .chain(optional)
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect();
            object.extend(unknown);
            Value::Object(object)
        })
        .boxed()
}

fn sometimes(mode: Mode, value: Values) -> BoxedStrategy<Option<Value>> {
    match mode {
        Mode::Plain => proptest::option::of(value).boxed(),
        Mode::Wild => prop_oneof![
            2 => Just(None),
            1 => Just(Some(Value::Null)),
            2 => value.prop_map(Some),
        ]
        .boxed(),
    }
}

/// Any JSON value, not too deep.
pub(crate) fn any_json() -> Values {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e300f64..1e300).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map(".{0,4}", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
    .boxed()
}

/// Any object.
pub(crate) fn any_object() -> Values {
    btree_map("[a-z$]{1,4}", any_json(), 0..3)
        .prop_map(|members| json!(members))
        .boxed()
}

/// Any names with values of one kind.
pub(crate) fn any_map(value: Values) -> Values {
    btree_map("[a-z/]{1,4}", value, 0..3)
        .prop_map(|members| json!(members))
        .boxed()
}

pub(crate) fn text() -> Values {
    ".{0,8}".prop_map(Value::from).boxed()
}

pub(crate) fn flag() -> Values {
    any::<bool>().prop_map(Value::from).boxed()
}

pub(crate) fn count() -> Values {
    any::<u32>().prop_map(Value::from).boxed()
}

pub(crate) fn small() -> Values {
    (0u8..=20).prop_map(Value::from).boxed()
}

/// A number as clients write it: 1, 1.0, 0.2, -2.
pub(crate) fn number() -> Values {
    prop_oneof![
        (-2i64..=2).prop_map(Value::from),
        (-200i32..=200).prop_map(|hundredths| Value::from(f64::from(hundredths) / 100.0)),
    ]
    .boxed()
}

pub(crate) fn fixed(value: impl Into<Value>) -> Values {
    Just(value.into()).boxed()
}

pub(crate) fn list(item: Values) -> Values {
    vec(item, 0..3).prop_map(Value::from).boxed()
}

pub(crate) fn one_of(alternatives: Vec<Values>) -> Values {
    proptest::strategy::Union::new(alternatives).boxed()
}

/// One of the known strings; in wild mode sometimes another.
pub(crate) fn word(mode: Mode, known: &'static [&'static str]) -> Values {
    let known = proptest::sample::select(known)
        .prop_map(Value::from)
        .boxed();
    match mode {
        Mode::Plain => known,
        Mode::Wild => prop_oneof![3 => known, 1 => "[a-z]{1,6}".prop_map(Value::from)].boxed(),
    }
}

/// One of the known kinds of a tagged union; in wild mode sometimes an unknown kind or none.
pub(crate) fn kinds(mode: Mode, tag: &'static str, known: Vec<(&'static str, Values)>) -> Values {
    let mut alternatives: Vec<Values> = known
        .into_iter()
        .map(|(kind, object)| tagged(tag, kind, object))
        .collect();
    if mode == Mode::Wild {
        alternatives.push(tagged(tag, "x_unknown", any_object()));
        alternatives.push(any_object());
    }
    one_of(alternatives)
}

fn tagged(tag: &'static str, kind: &'static str, object: Values) -> Values {
    object
        .prop_map(move |mut object| {
            if let Value::Object(members) = &mut object {
                members.insert(tag.to_owned(), kind.into());
            }
            object
        })
        .boxed()
}
