//! Chats that go through the Responses API of the same upstream: all of them, or those that a model's rule sends
//! there.

use std::{fmt, sync::Arc};

use gateway_client::transport::Transport;
use gateway_types::json::RawObject;
use serde::Deserialize;

use super::rules::thinks;
use crate::{
    Call, Operation, Payload, ProviderSettings,
    dialects::{Dialect, responses::Responses},
    rules::{ModelRule, ModelRules, ResponsesUse},
    state::is_among,
    translated::TranslatedProvider,
};

/// The way through Responses, and who takes it.
#[derive(Clone)]
pub(super) struct ThroughResponses {
    provider: TranslatedProvider,
    who: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Everybody,
    /// The models whose rules say so.
    ByRule,
}

impl ThroughResponses {
    /// For every chat.
    pub(super) fn always(settings: &Arc<ProviderSettings>, transport: &Arc<dyn Transport>) -> Self {
        Self::new(settings, transport, Who::Everybody)
    }

    /// For the chats that need it; `None` at an upstream without Responses.
    pub(super) fn by_rule(
        settings: &Arc<ProviderSettings>,
        transport: &Arc<dyn Transport>,
    ) -> Option<Self> {
        settings
            .supports(Operation::Responses)
            .then(|| Self::new(settings, transport, Who::ByRule))
    }

    fn new(settings: &Arc<ProviderSettings>, transport: &Arc<dyn Transport>, who: Who) -> Self {
        let signer = Arc::new(settings.credential.clone());
        let provider = TranslatedProvider::new(
            Arc::clone(settings),
            Arc::clone(transport),
            signer,
            Arc::new(Responses),
        );
        Self { provider, who }
    }

    /// The provider for this call, where it goes this way. `rules` are those that name the vendor.
    pub(super) fn takes(&self, call: &Call, rules: &ModelRules) -> Option<&TranslatedProvider> {
        let Payload::Json(body) = &call.payload else {
            return None;
        };
        let takes = call.operation == Operation::Chat
            && match self.who {
                Who::Everybody => true,
                Who::ByRule => needs_responses(rules.of(&call.model), body),
            };
        takes.then_some(&self.provider)
    }

    /// Whether chats with this model can go this way, and their state of that name with them.
    pub(super) fn takes_state(&self, model: &str, name: &str, rules: &ModelRules) -> bool {
        let may_go = match self.who {
            Who::Everybody => true,
            Who::ByRule => rules.of(model).responses.is_some(),
        };
        may_go && is_among(Responses.takes_state(model), name)
    }
}

impl fmt::Debug for ThroughResponses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ThroughResponses").field(&self.who).finish()
    }
}

fn needs_responses(rule: &ModelRule, body: &RawObject) -> bool {
    match rule.responses {
        Some(ResponsesUse::Always) => true,
        Some(ResponsesUse::WithTools) => offers_tools(body) && will_think(rule, body),
        None => false,
    }
}

fn offers_tools(body: &RawObject) -> bool {
    ["tools", "functions"]
        .iter()
        .any(|name| body.len_of(name).is_some_and(|length| length > 0))
}

/// The effort may stand in `reasoning` too, which only Responses knows.
fn will_think(rule: &ModelRule, body: &RawObject) -> bool {
    #[derive(Deserialize)]
    struct Reasoning {
        #[serde(default)]
        effort: Option<String>,
    }
    let reasoning = body
        .get("reasoning")
        .and_then(|reasoning| reasoning.parse::<Reasoning>().ok());
    match reasoning.and_then(|reasoning| reasoning.effort) {
        Some(effort) => effort != "none",
        None => thinks(rule, body),
    }
}
