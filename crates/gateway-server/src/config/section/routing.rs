//! `[routing]`: which model and which provider, where a request leaves it open.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::TextList;

/// Which model and which provider, where a request leaves it open.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Routing {
    /// What the model name `default` stands for: any other spelling of a model. `[models.default]` says it with
    /// several targets instead.
    pub default_model: Option<String>,
    /// Which provider is preferred when several list a model that was asked for by its bare name. Those that are not
    /// named follow in their own order.
    pub default_order: TextList,
    /// The failover sequence of requests to paths without `/v1` that bring none in `x-opengateway-failover-sequence`:
    /// providers in the order in which they are asked. Those that are not configured are passed over; an empty list
    /// switches it off.
    pub failover_sequence: TextList,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            default_model: None,
            default_order: TextList::default(),
            failover_sequence: TextList::of(&["openai", "azure"]),
        }
    }
}
