//! Whether a value that the maker made meets its schema.
//!
//! Only the maker's own values are judged: a text with a `format` or `pattern` is right when it is the text
//! that the maker makes for it.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::{number, pattern, text, view::resolve};

/// How many steps one check may take.
const STEPS: u32 = 200_000;
/// How deep schemas may lead into each other.
const DEEPEST: u32 = 128;

/// Keywords that restrict values in ways that are not known here.
const UNKNOWN: &[&str] = &[
    "$dynamicRef",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "if",
    "patternProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// What a value does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) path: String,
    pub(super) reason: String,
}

type Checked = Result<(), Failure>;

/// Checks values against one schema.
#[derive(Debug)]
pub(super) struct Checker<'s> {
    root: &'s Value,
    steps: Cell<u32>,
    depth: Cell<u32>,
}

fn fail<T>(reason: impl Into<String>) -> Result<T, Failure> {
    Err(Failure {
        path: String::new(),
        reason: reason.into(),
    })
}

fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { fail(reason()) }
}

fn below(key: &str) -> impl FnOnce(Failure) -> Failure + '_ {
    move |failure| Failure {
        path: format!("/{key}{}", failure.path),
        reason: failure.reason,
    }
}

impl<'s> Checker<'s> {
    pub(super) fn new(root: &'s Value) -> Self {
        Self {
            root,
            steps: Cell::new(STEPS),
            depth: Cell::new(0),
        }
    }

    /// Checks a value against the whole schema.
    pub(super) fn check(&self, value: &Value) -> Checked {
        self.schema(self.root, value)
    }

    /// Checks a value against a part of the schema.
    pub(super) fn schema(&self, schema: &Value, value: &Value) -> Checked {
        match schema {
            Value::Bool(true) => Ok(()),
            Value::Bool(false) => fail("the schema allows no value at all"),
            Value::Object(layer) => self.layer(layer, value),
            _ => fail("a schema is neither an object nor a boolean"),
        }
    }

    /// Checks a value against one object of the schema.
    pub(super) fn layer(&self, layer: &Map<String, Value>, value: &Value) -> Checked {
        let (steps, depth) = (self.steps.get(), self.depth.get());
        if steps == 0 || depth >= DEEPEST {
            return fail("the schema is too involved");
        }
        self.steps.set(steps - 1);
        self.depth.set(depth + 1);
        let checked = self.keywords(layer, value);
        self.depth.set(depth);
        checked
    }

    fn keywords(&self, layer: &Map<String, Value>, value: &Value) -> Checked {
        if let Some(unknown) = UNKNOWN.iter().find(|key| layer.contains_key(**key)) {
            return fail(format!("the keyword `{unknown}` is not supported"));
        }
        plain(layer, value)?;
        self.combined(layer, value)?;
        match value {
            Value::Object(members) => self.object(layer, members),
            Value::Array(elements) => self.array(layer, elements),
            Value::String(text) => string(layer, text),
            Value::Number(_) => numeric(layer, value.as_f64().unwrap_or(f64::NAN)),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn combined(&self, layer: &Map<String, Value>, value: &Value) -> Checked {
        if let Some(target) = layer.get("$ref") {
            let Some(referred) = resolve(self.root, target) else {
                return fail(format!("{target} is not in the schema"));
            };
            self.schema(referred, value)?;
        }
        let matches = |alternatives: &[Value]| {
            alternatives
                .iter()
                .filter(|part| self.schema(part, value).is_ok())
                .count()
        };
        for part in list(layer, "allOf").unwrap_or_default() {
            self.schema(part, value)?;
        }
        if let Some(alternatives) = list(layer, "anyOf") {
            let held = alternatives
                .iter()
                .any(|part| self.schema(part, value).is_ok());
            ensure(held, || "no alternative of `anyOf` can be met".to_owned())?;
        }
        if let Some(alternatives) = list(layer, "oneOf") {
            ensure(matches(alternatives) == 1, || {
                "not exactly one alternative of `oneOf` can be met".to_owned()
            })?;
        }
        match layer.get("not") {
            Some(forbidden) if self.schema(forbidden, value).is_ok() => fail("`not` cannot be met"),
            _ => Ok(()),
        }
    }

    fn object(&self, layer: &Map<String, Value>, members: &Map<String, Value>) -> Checked {
        for required in list(layer, "required")
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_str)
        {
            ensure(members.contains_key(required), || {
                format!("`{required}` is required and cannot be there")
            })?;
        }
        counted(layer, members.len(), "minProperties", "maxProperties")?;
        let properties = layer.get("properties").and_then(Value::as_object);
        for (key, member) in members {
            let schema = properties
                .and_then(|properties| properties.get(key))
                .or_else(|| layer.get("additionalProperties"));
            if let Some(schema) = schema {
                self.schema(schema, member).map_err(below(key))?;
            }
        }
        Ok(())
    }

    fn array(&self, layer: &Map<String, Value>, elements: &[Value]) -> Checked {
        counted(layer, elements.len(), "minItems", "maxItems")?;
        let prefix = list(layer, "prefixItems").unwrap_or_default();
        for (index, element) in elements.iter().enumerate() {
            if let Some(schema) = prefix.get(index).or_else(|| layer.get("items")) {
                self.schema(schema, element)
                    .map_err(below(&index.to_string()))?;
            }
        }
        let unique = layer.get("uniqueItems") == Some(&Value::Bool(true));
        let repeated = elements
            .iter()
            .enumerate()
            .any(|(index, element)| elements.iter().take(index).any(|other| other == element));
        ensure(!(unique && repeated), || {
            "`uniqueItems` cannot be met".to_owned()
        })
    }
}

fn list<'a>(layer: &'a Map<String, Value>, key: &str) -> Option<&'a [Value]> {
    layer.get(key).and_then(Value::as_array).map(Vec::as_slice)
}

fn plain(layer: &Map<String, Value>, value: &Value) -> Checked {
    if let Some(types) = layer.get("type") {
        let held = match types {
            Value::Array(types) => types.iter().any(|name| has_type(name, value)),
            name => has_type(name, value),
        };
        ensure(held, || format!("the type {types} cannot be met"))?;
    }
    if let Some(constant) = layer.get("const") {
        ensure(constant == value, || "`const` cannot be met".to_owned())?;
    }
    let listed = list(layer, "enum").is_none_or(|values| values.contains(value));
    ensure(listed, || "`enum` cannot be met".to_owned())
}

/// Whether a value has a type of that name.
fn has_type(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => {
            value.is_i64()
                || value.is_u64()
                || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

fn counted(layer: &Map<String, Value>, count: usize, least: &str, most: &str) -> Checked {
    let bound = |key: &str| {
        layer
            .get(key)
            .and_then(Value::as_u64)
            .map(|bound| usize::try_from(bound).unwrap_or(usize::MAX))
    };
    ensure(bound(least).is_none_or(|least| count >= least), || {
        format!("`{least}` cannot be met")
    })?;
    ensure(bound(most).is_none_or(|most| count <= most), || {
        format!("`{most}` cannot be met")
    })
}

fn string(layer: &Map<String, Value>, value: &str) -> Checked {
    counted(layer, value.chars().count(), "minLength", "maxLength")?;
    if let Some(expected) = layer
        .get("format")
        .and_then(Value::as_str)
        .and_then(text::of_format)
    {
        ensure(expected == value, || "`format` cannot be met".to_owned())?;
    }
    if let Some(pattern) = layer.get("pattern").and_then(Value::as_str) {
        let sampled = pattern::sample(pattern).is_some_and(|sampled| sampled == value);
        ensure(sampled, || format!("the pattern `{pattern}` cannot be met"))?;
    }
    Ok(())
}

fn numeric(layer: &Map<String, Value>, value: f64) -> Checked {
    let bound = |key: &str| layer.get(key).and_then(Value::as_f64);
    let within = bound("minimum").is_none_or(|bound| value >= bound)
        && bound("exclusiveMinimum").is_none_or(|bound| value > bound)
        && bound("maximum").is_none_or(|bound| value <= bound)
        && bound("exclusiveMaximum").is_none_or(|bound| value < bound)
        && bound("multipleOf").is_none_or(|step| number::is_multiple(value, step));
    ensure(within, || "the bounds of a number cannot be met".to_owned())
}
