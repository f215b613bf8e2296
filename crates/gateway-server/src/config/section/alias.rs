//! `[models.NAME]`: a public model name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::{TextList, Wait};

/// A public model name, and what serves it. One `*` in the name makes it a wildcard, e.g. `"claude-*"`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alias {
    /// What serves it, in order: each `provider/upstream-model`, or the name of another alias. A `*` in a target of a
    /// wildcard stands for what the wildcard matched.
    pub targets: TextList,
    /// Leaves the name out of `GET /v1/models`. Default false.
    pub hidden: bool,
    /// After this time without a first token, or without the answer where it comes whole, a second target is asked beside
    /// the first; the first answer wins, the other attempt is cancelled, and may be paid for. Never when left out.
    pub hedge: Option<Wait>,
}
