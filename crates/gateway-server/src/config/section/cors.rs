//! `[cors]`: which web pages may call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::{TextList, Wait};

/// Which web pages may call from a browser.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// The origins, e.g. `https://app.example.com`; `*` for every one. Empty: none.
    pub allowed_origins: TextList,
    /// How long a browser may remember the answer.
    pub max_age: Wait,
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            allowed_origins: TextList::default(),
            max_age: Wait::secs(600),
        }
    }
}
