//! `[catalogue]`: how the list of models is kept fresh.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::Wait;

/// How the list of all providers' models is kept fresh.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Catalogue {
    /// How old a list may be before it is fetched anew; the old one serves meanwhile.
    pub max_age: Wait,
    /// How long one fetch may take. A provider that takes longer keeps its last list.
    pub deadline: Wait,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self {
            max_age: Wait::secs(300),
            deadline: Wait::secs(5),
        }
    }
}
