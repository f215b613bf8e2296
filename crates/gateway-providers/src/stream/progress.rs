//! How far an answer got, read from its events.

use super::rules::GuardRules;
use crate::{TokenUsage, operation::StreamEnd, peek::event::EventFacts, raw_usage};

/// How far the answer got.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether an event with data was seen, hidden ones among them.
    pub(super) any_event: bool,
    /// The choices that were seen, one bit an index.
    pub(super) choices: u128,
    /// Of these, the finished ones.
    pub(super) finished: u128,
    /// Whether the typed event that ends an answer was seen.
    terminal: bool,
    usage: Option<TokenUsage>,
    /// Whether the end was told.
    pub(super) ended: bool,
}

impl Progress {
    /// Takes in one event; gives the usage so far when the event reports some.
    pub(super) fn note(
        &mut self,
        facts: &EventFacts<'_>,
        rules: &GuardRules,
    ) -> Option<TokenUsage> {
        self.any_event = true;
        self.choices |= facts.choices;
        self.finished |= facts.finished;
        if let StreamEnd::Typed(kinds) = rules.end {
            self.terminal |= facts.is_of_kind(kinds);
        }
        let usage = raw_usage::read(facts.usage?, rules.reasoning_beside)?;
        let usage = raw_usage::merge(self.usage.unwrap_or_default(), usage);
        self.usage = Some(usage);
        Some(usage)
    }

    /// Whether the answer is all there: every choice has finished, or the event that ends all has come.
    pub(super) fn is_complete(&self, end: StreamEnd) -> bool {
        match end {
            StreamEnd::Chunks => self.choices != 0 && self.finished == self.choices,
            StreamEnd::Typed(_) => self.terminal,
        }
    }
}
