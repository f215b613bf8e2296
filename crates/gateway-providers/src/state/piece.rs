//! One piece of state: where it stands, and what is known of its maker.

/// What is known of a piece's maker by looking at it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// It has a name on it: the `format` of a detail (`anthropic-claude-v1`), the member of `extra_content` or
    /// `provider_data` that it stands in (`google`). Empty where a signature names no format.
    Named(Box<str>),
    /// Encrypted, by whoever made it: items of the Responses API.
    Encrypted,
    /// The id of what the upstream keeps: an earlier answer, a conversation, a recording.
    Stored,
}

/// One piece of state in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub(super) path: String,
    pub(super) kind: StateKind,
    pub(super) may_be_left: bool,
    /// Where it begins in the body: at its key, or at its first byte in a list.
    pub(super) start: usize,
    /// The member that holds it.
    pub(super) holder: Option<Holder>,
}

impl Piece {
    /// A piece of a form that has a name, which may be left behind; it begins here.
    pub(super) fn to_be_left(path: String, name: Box<str>, start: usize) -> Self {
        Self {
            path,
            kind: StateKind::Named(name),
            may_be_left: true,
            start,
            holder: None,
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

    /// Whether the request is still whole without it. What stands for a part of the conversation itself (an earlier
    /// answer by its id, a compacted history) is never left behind.
    pub fn may_be_left(&self) -> bool {
        self.may_be_left
    }
}
