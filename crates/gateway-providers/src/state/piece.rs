//! One piece of state: where it stands, and what is known of its maker.

use std::ops::Range;

/// What is known of a piece's maker by looking at it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// It has a name on it: the `format` of a detail (`anthropic-claude-v1`), the member of `extra_content` or
    /// `provider_data` that it stands in (`google`). Empty where a signature names no format.
    Named(Box<str>),
    /// Encrypted, by whoever made it: items of the Responses API.
    Encrypted,
    /// The id of what the upstream keeps of the conversation: an earlier answer, a recording.
    Stored,
    /// The id of what an account keeps beside conversations: a file, a vector store, a prompt, a container, a cache.
    Resource,
}

/// One piece of state in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub(super) path: String,
    pub(super) kind: StateKind,
    pub(super) may_be_left: bool,
    /// Where it stands in the body, from its key or, in a list, from its first byte on.
    pub(super) range: Range<usize>,
    /// Where its id stands, without its quotes, where it is one.
    pub(super) id: Option<Range<usize>>,
    /// The member that holds it.
    pub(super) holder: Option<Holder>,
    /// Whom the part of the request is for that it stands in.
    pub(super) addressee: Option<Box<str>>,
}

impl Piece {
    /// A piece of a form that has a name, which may be left behind.
    pub(super) fn to_be_left(path: String, name: Box<str>, range: Range<usize>) -> Self {
        Self {
            path,
            kind: StateKind::Named(name),
            may_be_left: true,
            range,
            id: None,
            holder: None,
            addressee: None,
        }
    }

    /// A piece that stands for more than itself, and is never left behind; an id of what the upstream keeps, mostly.
    pub(super) fn named_by_id(
        path: String,
        kind: StateKind,
        range: Range<usize>,
        id: Option<Range<usize>>,
    ) -> Self {
        Self {
            path,
            kind,
            may_be_left: false,
            range,
            id,
            holder: None,
            addressee: None,
        }
    }
}

/// A member that is nothing but a holder of state: without any it goes, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    /// Where its key begins in the body.
    pub(super) start: usize,
    /// How much it holds, state or not.
    pub(super) len: usize,
}

impl Piece {
    /// Its path in the body, e.g. `messages[3].reasoning_details[0]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is known of its maker.
    pub fn kind(&self) -> &StateKind {
        &self.kind
    }

    /// Whom it is for, where it stands in `provider_options`: a provider's name, its vendor's or its dialect's.
    pub fn addressee(&self) -> Option<&str> {
        self.addressee.as_deref()
    }

    /// Whether the request is still whole without it. What stands for a part of the conversation itself (an earlier
    /// answer by its id, a compacted history) is never left behind.
    pub fn may_be_left(&self) -> bool {
        self.may_be_left
    }
}
