//! Builds a value from a schema, as the schema says and as shallow as recursion asks for.

use serde_json::{Map, Value};

use super::{check::Checker, hints::Hints, number::Bounds, text, view::View};

/// How much may be made for one schema, in about bytes.
const BUDGET: usize = 256 << 10;
/// How deep a value may be.
const DEEPEST: usize = 48;
/// How many elements an array gets at most because a schema asks for a least number.
const MOST_ELEMENTS: usize = 1024;

/// The keywords that tell a type where `type` is missing.
const TELLING: &[(&str, &[&str])] = &[
    (
        "object",
        &[
            "properties",
            "required",
            "additionalProperties",
            "minProperties",
        ],
    ),
    (
        "array",
        &[
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "uniqueItems",
        ],
    ),
    (
        "number",
        &[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ],
    ),
];

/// Makes the value of one schema.
#[derive(Debug)]
pub(super) struct Maker<'s> {
    root: &'s Value,
    hints: &'s Hints,
    checker: Checker<'s>,
    budget: usize,
    names_taken: usize,
    numbers_taken: usize,
    /// The views that the place at work stands in, outermost first.
    around: Vec<View<'s>>,
}

/// Where a value goes.
#[derive(Debug, Clone, Copy)]
struct Place<'n> {
    /// The member's name, or of an element the array's.
    name: &'n str,
    /// The element's number.
    nth: usize,
}

impl<'s> Maker<'s> {
    pub(super) fn new(root: &'s Value, hints: &'s Hints) -> Self {
        Self {
            root,
            hints,
            checker: Checker::new(root),
            budget: BUDGET,
            names_taken: 0,
            numbers_taken: 0,
            around: Vec::new(),
        }
    }

    /// The value of the whole schema.
    pub(super) fn make_root(&mut self) -> Value {
        self.make(self.root, Place { name: "", nth: 0 })
    }

    fn make(&mut self, schema: &'s Value, place: Place<'_>) -> Value {
        if self.around.len() >= DEEPEST || !self.spend(16) {
            return Value::Null;
        }
        let view = View::new(self.root, schema);
        self.make_view(view, place)
    }

    fn make_view(&mut self, mut view: View<'s>, place: Place<'_>) -> Value {
        if let Some(literal) = self.literal(&view, place.nth) {
            return literal;
        }
        if let Some(alternatives) = view.choices.pop() {
            return self.alternative(&view, alternatives, place);
        }
        match type_of(&view) {
            "object" => self.within(&view, Self::object),
            "array" => self.within(&view, |maker, view| maker.array(view, place)),
            "integer" => self.number(&view, true, place),
            "number" => self.number(&view, false, place),
            "boolean" => Value::Bool(true),
            "null" => Value::Null,
            _ => Value::String(text::make(
                &view,
                place.name,
                place.nth,
                self.hints,
                &mut self.names_taken,
            )),
        }
    }

    /// A value that the schema spells out.
    fn literal(&mut self, view: &View<'s>, nth: usize) -> Option<Value> {
        let value = match (
            view.first("const"),
            view.first("enum").and_then(Value::as_array),
        ) {
            (Some(constant), _) => constant,
            (None, Some(values)) => {
                let start = nth.checked_rem(values.len())?;
                let mut rotated = values.iter().skip(start).chain(values.iter().take(start));
                rotated
                    .clone()
                    .find(|value| self.meets(view, value))
                    .or_else(|| rotated.next())?
            }
            (None, None) => return None,
        };
        self.spend(value.to_string().len()).then(|| value.clone())
    }

    /// A value of the first alternative with which all holds. What would lead back to where we are comes last.
    fn alternative(
        &mut self,
        view: &View<'s>,
        alternatives: &'s [Value],
        place: Place<'_>,
    ) -> Value {
        let mut order: Vec<&'s Value> = alternatives.iter().collect();
        order.sort_by_key(|schema| self.leads_back(schema));
        let mut nearest = None;
        for schema in order {
            let mut chosen = view.clone();
            chosen.add(schema);
            let (names, numbers) = (self.names_taken, self.numbers_taken);
            let value = if self.spend(16) {
                self.make_view(chosen, place)
            } else {
                Value::Null
            };
            if self.meets(view, &value) {
                return value;
            }
            (self.names_taken, self.numbers_taken) = (names, numbers);
            nearest.get_or_insert(value);
        }
        nearest.unwrap_or_default()
    }

    fn object(&mut self, view: &View<'s>) -> Value {
        let mut members = Map::new();
        let properties: Vec<_> = view
            .all("properties")
            .filter_map(Value::as_object)
            .flatten()
            .collect();
        let required: Vec<&str> = view
            .all("required")
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, schema) in properties {
            let wanted = required.contains(&name.as_str()) || !self.leads_back(schema);
            if wanted && !members.contains_key(name) {
                let value = self.make(schema, Place { name, nth: 0 });
                members.insert(name.clone(), value);
            }
        }
        let other = view
            .first("additionalProperties")
            .filter(|schema| schema.is_object());
        for name in required {
            if !members.contains_key(name) {
                let value = other.map_or_else(
                    || Value::from("demo"),
                    |schema| self.make(schema, Place { name, nth: 0 }),
                );
                members.insert(name.to_owned(), value);
            }
        }
        match other {
            Some(schema) if members.is_empty() && !self.leads_back(schema) => {
                members.insert(
                    "demo".to_owned(),
                    self.make(
                        schema,
                        Place {
                            name: "demo",
                            nth: 0,
                        },
                    ),
                );
            }
            _ => {}
        }
        Value::Object(members)
    }

    fn array(&mut self, view: &View<'s>, place: Place<'_>) -> Value {
        let prefix = view
            .first("prefixItems")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let items = view.first("items");
        let usual = prefix.len()
            + usize::from(
                prefix.is_empty() && items.is_some_and(|schema| !self.leads_back(schema)),
            );
        let least = view.at_least("minItems", MOST_ELEMENTS).max(usual);
        let count = least.min(view.at_most("maxItems").unwrap_or(usize::MAX));
        let mut elements = Vec::new();
        for nth in 0..count {
            let schema = prefix.get(nth).or(items);
            let place = Place {
                name: place.name,
                nth,
            };
            elements.push(match schema {
                Some(schema) => self.make(schema, place),
                None => self.anything(nth),
            });
        }
        Value::Array(elements)
    }

    /// An element of which nothing is said.
    fn anything(&mut self, nth: usize) -> Value {
        self.spend(16);
        Value::String(format!("demo {}", nth + 1))
    }

    /// Numbers of the message are used up one by one; the elements of a list share one, so that the bounds can
    /// keep them apart.
    fn number(&mut self, view: &View<'s>, integer: bool, place: Place<'_>) -> Value {
        if place.nth == 0 {
            self.numbers_taken += 1;
        }
        let hint = self
            .hints
            .numbers
            .get(self.numbers_taken.saturating_sub(1))
            .copied();
        Bounds::of(view, integer).number(hint, place.nth)
    }

    /// Does something inside of a view, so that what leads back to it is seen.
    fn within(
        &mut self,
        view: &View<'s>,
        make: impl FnOnce(&mut Self, &View<'s>) -> Value,
    ) -> Value {
        self.around.push(view.clone());
        let value = make(self, view);
        self.around.pop();
        value
    }

    /// Whether a schema is one of those that we stand in.
    fn leads_back(&self, schema: &'s Value) -> bool {
        let view = View::new(self.root, schema);
        let is_around =
            |layer: &Map<String, Value>| self.around.iter().any(|outer| outer.has(layer));
        view.layers.iter().any(|layer| is_around(layer))
    }

    fn meets(&self, view: &View<'s>, value: &Value) -> bool {
        view.layers
            .iter()
            .all(|layer| self.checker.layer(layer, value).is_ok())
    }

    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.budget.checked_sub(bytes);
        self.budget = left.unwrap_or_default();
        left.is_some()
    }
}

/// The type that a value is to have: the first that all layers allow, `null` last.
fn type_of(view: &View<'_>) -> &'static str {
    let declared: Vec<Vec<&str>> = view.all("type").map(names).collect();
    let Some(first) = declared.first() else {
        return told(view);
    };
    let allowed = |name: &str| {
        declared
            .iter()
            .all(|types| types.contains(&name) || (name == "integer" && types.contains(&"number")))
    };
    let mut fitting: Vec<&str> = first.iter().copied().filter(|name| allowed(name)).collect();
    if fitting.is_empty() && allowed("integer") {
        fitting.push("integer");
    }
    let name = fitting
        .iter()
        .find(|name| **name != "null")
        .or_else(|| fitting.first())
        .copied()
        .unwrap_or("string");
    KNOWN
        .iter()
        .find(|known| **known == name)
        .copied()
        .unwrap_or("string")
}

const KNOWN: &[&str] = &[
    "object", "array", "integer", "number", "boolean", "null", "string",
];

fn names(types: &Value) -> Vec<&str> {
    match types {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    }
}

/// The type that other keywords tell.
fn told(view: &View<'_>) -> &'static str {
    let tells = |keys: &[&str]| {
        view.layers
            .iter()
            .any(|layer| keys.iter().any(|key| layer.contains_key(*key)))
    };
    TELLING
        .iter()
        .find(|(_, keys)| tells(keys))
        .map_or("string", |(name, _)| name)
}
