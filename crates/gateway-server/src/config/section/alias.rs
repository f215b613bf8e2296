//! `[models.NAME]`: a public model name.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use gateway_router::resolve::{PoolTimeouts, Strategy};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

use crate::config::value::Wait;

/// A public model name, and what serves it. One `*` in the name makes it a wildcard, e.g. `"claude-*"`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alias {
    /// What serves it: each `provider/upstream-model`, or the name of another alias, or a table that says more about
    /// the target. A `*` in a target of a wildcard stands for what the wildcard matched.
    pub targets: TargetList,
    /// In which order the targets are asked. Default `ordered`. A target that is left alone now comes after the others
    /// in any case.
    pub strategy: PoolStrategy,
    /// How long each phase of a call may take, whatever its provider says.
    pub timeouts: AliasTimeouts,
    /// Whether the requests of one conversation stay with one target while it is well. As in `[affinity]` when left
    /// out; `true` cannot switch on what is off there.
    pub affinity: Option<bool>,
    /// Whether a request that carries opaque state of earlier answers may move to a target that does not understand
    /// it: the state is then cut out and named in `x-gateway-dropped`. Default false: it is refused instead.
    pub leave_state_behind: bool,
    /// Leaves the name out of `GET /v1/models`. Default false.
    pub hidden: bool,
    /// After this time without a first token, or without the answer where it comes whole, a second target is asked beside
    /// the first; the first answer wins, the other attempt is cancelled, and may be paid for. Never when left out.
    pub hedge: Option<Wait>,
}

/// In which order the targets of an alias are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolStrategy {
    /// As written: the second where the first cannot.
    #[default]
    Ordered,
    /// At random, by their weights.
    Weighted,
    /// The one that answers soonest, of two taken at random: of streams the time to the first token counts, else the
    /// time of the whole answer, and how many requests it is busy with.
    LeastLatency,
    /// In turn.
    RoundRobin,
}

impl From<PoolStrategy> for Strategy {
    fn from(strategy: PoolStrategy) -> Self {
        match strategy {
            PoolStrategy::Ordered => Self::Ordered,
            PoolStrategy::Weighted => Self::Weighted,
            PoolStrategy::LeastLatency => Self::LeastLatency,
            PoolStrategy::RoundRobin => Self::RoundRobin,
        }
    }
}

/// How long each phase of a call may take at the targets of an alias, where it differs from their providers' times. A
/// connection is made to a provider, so `connect` is said there.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AliasTimeouts {
    /// Of a stream: from sending to the first valid event.
    pub first_token: Option<Wait>,
    /// Of a stream: between two pieces.
    pub idle: Option<Wait>,
    /// Of a whole answer: from sending to its last byte.
    pub total: Option<Wait>,
    /// How long a stream's head is held back for the first valid event.
    pub hold: Option<Wait>,
}

impl From<AliasTimeouts> for PoolTimeouts {
    fn from(own: AliasTimeouts) -> Self {
        let time = |wait: Option<Wait>| wait.map(|wait| wait.0);
        Self {
            first_token: time(own.first_token),
            idle: time(own.idle),
            total: time(own.total),
            hold: time(own.hold),
        }
    }
}

/// Targets in order: a list of texts and tables, also written as one text with commas between.
#[derive(Debug, Clone, Default)]
pub struct TargetList(pub Vec<TargetEntry>);

/// One target, and what is said about it. A plain text is the target alone.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Target")]
pub struct TargetEntry {
    /// `provider/upstream-model`.
    pub target: String,
    /// Its share of the requests of a `weighted` alias: with 3 beside 1 it gets three of four. With 0 it is asked only
    /// after all others. Default 1.
    #[serde(default)]
    pub weight: Option<u32>,
    /// Members of the request that are set whatever the client sent, e.g. `{ temperature = 0 }`.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// Members of the request that are set where the client sent nothing.
    #[serde(default)]
    pub defaults: BTreeMap<String, Value>,
    /// Members of the request that are taken out.
    #[serde(default)]
    pub remove: Vec<String>,
}

impl TargetEntry {
    /// Whether it says more than which target it is.
    pub(crate) fn says_more(&self) -> bool {
        self.weight.is_some()
            || !self.parameters.is_empty()
            || !self.defaults.is_empty()
            || !self.remove.is_empty()
    }
}

impl From<&str> for TargetEntry {
    fn from(target: &str) -> Self {
        Self {
            target: target.trim().to_owned(),
            ..Self::default()
        }
    }
}

impl<'de> Deserialize<'de> for TargetList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = TargetList;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of targets")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<TargetList, E> {
                let items = text.split(',').map(str::trim);
                let items = items.filter(|item| !item.is_empty());
                Ok(TargetList(items.map(TargetEntry::from).collect()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<TargetList, A::Error> {
                let items = Vec::<Item>::deserialize(SeqAccessDeserializer::new(items))?;
                Ok(TargetList(items.into_iter().map(|item| item.0).collect()))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// One item of the list.
struct Item(TargetEntry);

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Item;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a table with `target`")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Item, E> {
                Ok(Item(TargetEntry::from(text)))
            }
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Item, A::Error> {
                TargetEntry::deserialize(MapAccessDeserializer::new(members)).map(Item)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for TargetList {
    fn schema_name() -> Cow<'static, str> {
        "TargetList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<TargetEntry>();
        json_schema!({
            "description": "Targets in order: a list of texts and tables, also written as one text with commas between.",
            "anyOf": [
                { "type": "array", "items": { "anyOf": [{ "type": "string" }, entry] } },
                { "type": "string" },
            ],
        })
    }
}
