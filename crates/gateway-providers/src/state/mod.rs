//! Opaque state that a conversation carries: what an upstream gave with an earlier answer and wants back unchanged.
//!
//! Signed or encrypted thinking, what a server tool left behind, the id of an answer that the upstream keeps. Such
//! state is bound to whoever made it: another upstream refuses it, or drops it without a word. So a request that
//! carries state may not go just anywhere. [`CarriedState`] says what a request carries, a [`Provider`] whether it
//! takes it back ([`takes_state`]), and [`CarriedState::leave_behind`] takes out what is left behind. What it is bound
//! to, be it the model or the account that made it, is a table: [`BINDINGS`]. Who made it can be remembered by its
//! [`marks`](CarriedState::marks), which the answer that it came with has as well.
//!
//! The names of what an account keeps beside conversations (files, vector stores, prompts, containers, caches) are
//! bound in the same way.
//!
//! Plain text is no state, whatever it is called: `reasoning_content`, which some upstreams want back with calls of
//! tools, and thinking without a signature may go to everybody.
//!
//! [`Provider`]: crate::Provider
//! [`takes_state`]: crate::Provider::takes_state

mod binding;
mod chat;
mod leave;
mod marks;
mod piece;
mod resources;
mod responses;
#[cfg(test)]
mod tests;

use gateway_types::json::{RawObject, ScanError};

pub use self::{
    binding::{BINDINGS, Binding, Form, binding},
    marks::marks_of_answer,
    piece::{Piece, StateKind},
};
use crate::{
    Operation,
    peek::{Cursor, Malformed},
};

/// Finds pieces of one kind in a body.
type Find = fn(&mut Cursor<'_>, &mut Vec<Piece>) -> Result<(), Malformed>;

/// What a provider does with a piece of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Taking {
    /// It understands the form: the state may come from it, and is put back in its place.
    Takes,
    /// The state is of another maker's form: it would be refused, or lost.
    Refuses,
    /// Nobody can tell by looking: only who made it takes it.
    Unsure,
}

/// The state that a request carries; usually none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CarriedState {
    pieces: Vec<Piece>,
}

impl CarriedState {
    /// Finds the state in a request's body. A body that carries none costs no more than a few look-ups: the scan that
    /// has read it knows which keys it holds.
    ///
    /// ```
    /// use gateway_providers::{Operation, state::CarriedState};
    /// use gateway_types::json::{RawObject, ScanLimits};
    ///
    /// let body = br#"{"messages":[{"role":"assistant","content":"Hi","reasoning_details":[
    ///     {"type":"reasoning.text","text":"hm","signature":"c2ln","format":"anthropic-claude-v1"}]}]}"#;
    /// let body = RawObject::parse(body.as_slice().into(), ScanLimits::default())?;
    /// let state = CarriedState::read(Operation::Chat, &body);
    /// let paths: Vec<_> = state.pieces().iter().map(|piece| piece.path()).collect();
    /// assert_eq!(paths, ["messages[0].reasoning_details[0]"]);
    /// # Ok::<(), gateway_types::json::ScanError>(())
    /// ```
    pub fn read(operation: Operation, body: &RawObject) -> Self {
        let mut pieces = Vec::new();
        let mut walk = |find: Find| {
            // The strict scan has been passed: the walk comes to the end.
            let _ = find(&mut Cursor::new(body.bytes()), &mut pieces);
        };
        match operation {
            Operation::Chat if chat::may_carry(body) => walk(chat::find),
            Operation::Responses if responses::may_carry(body) => walk(responses::find),
            Operation::Chat | Operation::Responses => {}
            _ => return Self::default(),
        }
        if resources::may_carry(body) {
            walk(resources::find);
            pieces.sort_by_key(|piece: &Piece| piece.range.start);
        }
        Self { pieces }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Each piece, in the order of the body.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What tells this piece from all others, as far as it tells it: signatures, encrypted texts, ids. An answer that
    /// holds it has the same in it, see [`marks_of_answer`]. `body` is the one that the state was read from.
    pub fn marks(&self, body: &RawObject, piece: &Piece, mut visit: impl FnMut(&[u8])) {
        let text = body.bytes();
        let id = piece.id.clone().and_then(|id| text.get(id));
        if let Some(id) = id {
            visit(id);
        }
        let is_opaque = matches!(piece.kind, StateKind::Named(_) | StateKind::Encrypted);
        if let (true, Some(text)) = (is_opaque, text.get(piece.range.clone())) {
            marks::opaque(text, &mut visit);
        }
    }

    /// The body without the pieces for which this holds (they are told with their places among
    /// [`pieces`](Self::pieces)), and their paths; `None` where there are none. Everything else keeps its bytes. What holds nothing any more goes with its last piece: no empty list is left.
    ///
    /// # Errors
    /// Never for the body that the state was read from.
    pub fn leave_behind(
        &self,
        body: &RawObject,
        goes: impl Fn(usize, &Piece) -> bool,
    ) -> Result<Option<(RawObject, Vec<String>)>, ScanError> {
        let all = self.pieces.iter().enumerate();
        let gone = all.filter(|(at, piece)| goes(*at, piece));
        let gone: Vec<&Piece> = gone.map(|(_, piece)| piece).collect();
        if gone.is_empty() {
            return Ok(None);
        }
        let body = leave::without(body, &gone)?;
        let paths = gone.iter().map(|piece| piece.path().to_owned());
        Ok(Some((body, paths.collect())))
    }
}

/// Whether a list of names has this one. A name that ends in `*` stands for every name that begins so.
pub fn is_among<S: AsRef<str>>(names: impl IntoIterator<Item = S>, name: &str) -> bool {
    names.into_iter().any(|known| {
        let known = known.as_ref();
        known
            .strip_suffix('*')
            .map_or(known == name, |start| name.starts_with(start))
    })
}

/// Names whose makers are known. A provider that does not say that it takes them refuses or loses them.
pub const MAKERS_KNOWN: &[&str] = &[
    "amazon*",
    "anthropic*",
    "azure-openai*",
    "bedrock",
    "google*",
    "openai*",
    "responses",
    "xai*",
];
