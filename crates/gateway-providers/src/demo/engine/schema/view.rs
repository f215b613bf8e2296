//! A schema with what it refers to, as layers that all hold. Nothing is copied.

use std::ptr;

use serde_json::{Map, Value};

/// How many layers one place may have; more are not looked at, and the check then says what is missing.
const MOST_LAYERS: usize = 64;

/// All objects of a schema that apply to one place: the schema itself, what its `$ref` names, its `allOf`.
#[derive(Debug, Clone)]
pub(super) struct View<'s> {
    root: &'s Value,
    pub(super) layers: Vec<&'s Map<String, Value>>,
    /// `anyOf` and `oneOf` of all layers, of each of which an alternative has still to be chosen.
    pub(super) choices: Vec<&'s [Value]>,
}

impl<'s> View<'s> {
    /// What applies where `schema` stands.
    pub(super) fn new(root: &'s Value, schema: &'s Value) -> Self {
        let mut view = Self {
            root,
            layers: Vec::new(),
            choices: Vec::new(),
        };
        view.add(schema);
        view
    }

    /// Adds a schema that applies too.
    pub(super) fn add(&mut self, schema: &'s Value) {
        let mut waiting = vec![schema];
        while let Some(schema) = waiting.pop() {
            let Some(layer) = schema.as_object() else {
                continue;
            };
            if self.layers.len() >= MOST_LAYERS || self.has(layer) {
                continue;
            }
            self.layers.push(layer);
            for key in ["anyOf", "oneOf"] {
                self.choices
                    .extend(layer.get(key).and_then(Value::as_array).map(Vec::as_slice));
            }
            waiting.extend(
                layer
                    .get("allOf")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .rev(),
            );
            waiting.extend(
                layer
                    .get("$ref")
                    .and_then(|target| resolve(self.root, target)),
            );
        }
    }

    /// Whether this very object is one of the layers.
    pub(super) fn has(&self, layer: &Map<String, Value>) -> bool {
        self.layers.iter().any(|own| ptr::eq(*own, layer))
    }

    /// The values of a keyword in all layers.
    pub(super) fn all(&self, key: &'static str) -> impl Iterator<Item = &'s Value> + '_ {
        self.layers.iter().filter_map(move |layer| layer.get(key))
    }

    /// The value of a keyword in the first layer that has it.
    pub(super) fn first(&self, key: &'static str) -> Option<&'s Value> {
        self.all(key).next()
    }

    /// The greatest value of a keyword that is a lower bound.
    pub(super) fn greatest(&self, key: &'static str) -> Option<f64> {
        self.all(key).filter_map(Value::as_f64).reduce(f64::max)
    }

    /// The least value of a keyword that is an upper bound.
    pub(super) fn least(&self, key: &'static str) -> Option<f64> {
        self.all(key).filter_map(Value::as_f64).reduce(f64::min)
    }

    /// A lower bound that counts something, at most `cap`.
    pub(super) fn at_least(&self, key: &'static str, cap: usize) -> usize {
        self.all(key)
            .filter_map(Value::as_u64)
            .map(|count| usize::try_from(count).unwrap_or(cap))
            .max()
            .unwrap_or(0)
            .min(cap)
    }

    /// An upper bound that counts something.
    pub(super) fn at_most(&self, key: &'static str) -> Option<usize> {
        self.all(key)
            .filter_map(Value::as_u64)
            .map(|count| usize::try_from(count).unwrap_or(usize::MAX))
            .min()
    }
}

/// What a `$ref` within the schema names: `#`, or `#/` and a JSON Pointer.
pub(super) fn resolve<'s>(root: &'s Value, target: &Value) -> Option<&'s Value> {
    root.pointer(target.as_str()?.strip_prefix('#')?)
}
