//! Requests of one conversation stay with one target while it is well: there the provider's prompt cache has the
//! conversation already, and there opaque state of its earlier answers is understood.
//!
//! - [`ConversationKey`]: what a conversation is known by; `source` and `prefix` say where it is read.
//! - `pins` and `shard`: which target has which conversation, and which made which state. Whoever answers has it.
//! - `answer`: the state in an answer on its way to the client.
//! - `rendezvous`: where a new conversation goes if weights decide.
//! - `law`: where a request may go that carries state.

mod answer;
mod key;
mod law;
mod pins;
mod prefix;
mod rendezvous;
mod shard;
mod source;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use gateway_providers::state::CarriedState;
use tokio::time::Instant;

pub(crate) use self::key::Place;
pub use self::{
    key::ConversationKey,
    law::{BoundState, StateBound},
    source::{Conversation, MEMBERS, SESSION_HEADERS, SessionHeader, Speaker},
};
use self::{key::Maker, pins::Pins};
use crate::{
    attempt::{Ask, Routed},
    resolve::{Plan, Rule, Strategy, Target},
    select::Selection,
};

/// How conversations are kept where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AffinitySettings {
    /// Whether they are. Default yes.
    pub enabled: bool,
    /// How long after its last request a conversation is remembered. Default one hour: as long as the longest of the
    /// providers' prompt caches lives. One that is forgotten earlier is paid for again from its beginning; one that is
    /// remembered longer costs a few bytes.
    pub ttl: Duration,
    /// How many are remembered at most, and of how many pieces of state who made them; then the ones that were silent
    /// for longest are forgotten. Default 100,000, some 20 MB each.
    pub max_conversations: usize,
}

impl Default for AffinitySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            ttl: Duration::from_secs(3600),
            max_conversations: 100_000,
        }
    }
}

/// Which target has which conversation, and which made which state.
#[derive(Debug)]
pub(crate) struct Affinity {
    settings: AffinitySettings,
    /// `None` where nothing is remembered.
    memory: Option<Memory>,
}

#[derive(Debug, Clone)]
struct Memory {
    /// Who has which conversation.
    pins: Arc<Pins>,
    /// Who made which state, by its marks.
    makers: Arc<Pins>,
}

impl Affinity {
    pub(crate) fn new(settings: AffinitySettings) -> Self {
        let table = || Arc::new(Pins::new(settings.max_conversations, settings.ttl));
        let memory = || Memory {
            pins: table(),
            makers: table(),
        };
        Self {
            settings,
            memory: settings.enabled.then(memory),
        }
    }

    /// What the older one remembers is remembered still, unless the settings are others.
    pub(crate) fn succeeding(old: &Self, settings: AffinitySettings) -> Self {
        if old.settings != settings {
            return Self::new(settings);
        }
        Self {
            settings,
            memory: old.memory.clone(),
        }
    }

    /// How many conversations are remembered.
    pub(crate) fn len(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.pins.len())
    }

    /// The conversation of a request whose plan leaves a choice, and the state that it carries. Where there is no
    /// choice, nothing is looked at.
    pub(crate) fn read(
        &self,
        plan: &Plan,
        speaker: Speaker<'_>,
    ) -> (Option<Conversation>, BoundState) {
        if !has_choice(plan) {
            return (None, BoundState::default());
        }
        let pool = plan.pool.as_deref();
        let conversation = self.memory.is_some().then(|| {
            if pool.is_some_and(|pool| !pool.settings.affinity) {
                return Conversation::without_key(speaker);
            }
            let alias = pool.map_or("", |pool| pool.name.as_str());
            let first = &plan.primary;
            Conversation::of(speaker, &[alias, first.provider.name(), &first.model])
        });
        let state = CarriedState::read(speaker.operation, speaker.body);
        if state.is_empty() {
            return (conversation, BoundState::default());
        }
        let by = conversation.and_then(|conversation| conversation.state);
        let makers = self.makers(&state, speaker, by);
        (conversation, BoundState::new(state, makers))
    }

    /// Who made each piece of the state, where that is remembered of one of its marks.
    fn makers(
        &self,
        state: &CarriedState,
        speaker: Speaker<'_>,
        by: Option<ConversationKey>,
    ) -> Vec<Option<Maker>> {
        let (Some(memory), Some(by)) = (&self.memory, by) else {
            return Vec::new();
        };
        let now = Instant::now();
        let maker = |piece| {
            let mut maker = None;
            state.marks(speaker.body, piece, |mark| {
                maker = maker.or_else(|| memory.makers.get(by.of_mark(mark), now));
            });
            maker
        };
        state.pieces().iter().map(maker).collect()
    }

    /// Puts the target in front that has the conversation, or shall have it; and takes out those that the request's
    /// state may not go to.
    ///
    /// # Errors
    /// When there is none left.
    pub(crate) fn settle(
        &self,
        selection: &mut Selection,
        ask: &mut Ask,
        (order, now): (Order, Instant),
        is_well: impl Fn(&Target) -> bool,
    ) -> Result<(), StateBound> {
        if selection.targets.len() < 2 {
            return Ok(());
        }
        let conversation = ask.conversation.unwrap_or_default();
        let pinned = self.pinned(conversation, now);
        let targets = &mut selection.targets;
        let weighted = order == Order::Ours
            && selection
                .pool
                .as_ref()
                .is_some_and(|pool| pool.strategy == Strategy::Weighted);
        let place = pinned.map(|maker| maker.place);
        let has_it = |target: &Target| place == Some(Place::of(target)) && is_well(target);
        match targets.iter().position(has_it) {
            Some(at) if order == Order::Ours || is_way_of_first(targets, at) => {
                to_front(targets, at);
            }
            _ => {
                if let Some(key) = conversation.key {
                    new_home(targets, key, weighted, &is_well);
                }
            }
        }
        let pool = selection.pool.as_ref();
        let may_leave = pool.is_some_and(|pool| pool.settings.leave_state_behind) && !ask.strict;
        ask.state.restrict(targets, pinned, may_leave)
    }

    /// Remembers who answered, and whose the state in the answer is.
    pub(crate) fn keep(&self, conversation: Conversation, mut routed: Routed) -> Routed {
        let Some(memory) = &self.memory else {
            return routed;
        };
        let target = &routed.target;
        let (place, describe) = (Place::of(target), || Maker::of(target));
        let maker = match conversation.key {
            Some(key) => memory.pins.put(key, place, describe),
            None => describe(),
        };
        if let (Some(speaker), Some(operation)) = (conversation.state, conversation.operation) {
            let makers = Arc::clone(&memory.makers);
            let keep = move |mark| {
                makers.put(mark, place, || maker);
            };
            routed.reply.body = answer::with_marks(routed.reply.body, operation, speaker, keep);
        }
        routed
    }

    /// Who has the conversation.
    fn pinned(&self, conversation: Conversation, now: Instant) -> Option<Maker> {
        self.memory.as_ref()?.pins.get(conversation.key?, now)
    }
}

/// Whose the order of the targets is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The gateway's: a conversation may stay with whoever has it.
    Ours,
    /// The caller's: only the accounts of a target are the gateway's to choose.
    Theirs,
}

impl Order {
    pub(crate) fn of(plan: &Plan) -> Self {
        if plan.matched == Rule::Sequence || plan.pool.is_none() {
            Self::Theirs
        } else {
            Self::Ours
        }
    }
}

/// Whether the plan leaves more than one place to go to.
fn has_choice(plan: &Plan) -> bool {
    let several = plan.moves_on && !plan.fallbacks.is_empty();
    several || plan.primary.provider.account().is_some()
}

/// Whether the target is the first one through another account.
fn is_way_of_first(targets: &[Target], at: usize) -> bool {
    let (Some(first), Some(target)) = (targets.first(), targets.get(at)) else {
        return false;
    };
    is_way(first, target)
}

fn is_way(target: &Target, other: &Target) -> bool {
    target.provider.name() == other.provider.name() && target.model == other.model
}

/// The target that a conversation begins with: where weights decide, the one that it draws; and always the account of
/// it that it draws, since prompt caches belong to accounts.
fn new_home(
    targets: &mut [Target],
    key: ConversationKey,
    weighted: bool,
    is_well: impl Fn(&Target) -> bool,
) {
    if weighted {
        // Of several accounts of a target only one is drawn with its weight.
        let weight = |(at, target): (usize, &Target)| {
            let is_first = !targets.iter().take(at).any(|before| is_way(before, target));
            let counts = is_first && is_well(target);
            let weight = if counts { target.weight } else { 0 };
            (Place::of_model(target), weight)
        };
        let drawn = rendezvous::winner(key, targets.iter().enumerate().map(weight));
        if let Some(at) = drawn {
            to_front(targets, at);
        }
    }
    let Some(first) = targets
        .first()
        .filter(|first| first.provider.account().is_some())
    else {
        return;
    };
    let ways = targets.iter().map(|target| {
        let counts = is_way(first, target) && is_well(target);
        (Place::of(target), u32::from(counts))
    });
    if let Some(at) = rendezvous::winner(key, ways) {
        to_front(targets, at);
    }
}

/// Puts a target in front. Of several ways to it this one takes the place of the first, which takes its own: so the
/// other accounts stay behind the other targets.
fn to_front(targets: &mut [Target], at: usize) {
    let Some(target) = targets.get(at) else {
        return;
    };
    let first = targets.iter().position(|other| is_way(other, target));
    let first = first.unwrap_or(at);
    targets.swap(first, at);
    if let Some(up_to) = targets.get_mut(..=first) {
        up_to.rotate_right(1);
    }
}
