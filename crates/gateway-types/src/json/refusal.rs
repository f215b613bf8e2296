//! What a scan accepts, and what it says about the rest.

/// Bounds of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// How deep arrays and objects may nest; the outermost counts as one.
    pub max_depth: usize,
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self { max_depth: 64 }
    }
}

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ScanError {
    /// What is wrong.
    pub kind: ScanErrorKind,
    /// Where, in bytes from the start.
    pub offset: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScanErrorKind {
    /// Not UTF-8.
    #[error("the text is not valid UTF-8")]
    InvalidUtf8,
    /// A byte order mark, which JSON forbids in exchange (RFC 8259, section 8.1).
    #[error("the text starts with a byte order mark")]
    ByteOrderMark,
    /// Something else was expected.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The text ends in the middle of a value.
    #[error("the text ends in the middle of a value")]
    UnexpectedEnd,
    /// More text after the value.
    #[error("there is more text after the value")]
    TrailingText,
    /// A control character inside a string.
    #[error("a string holds an unescaped control character")]
    ControlCharacter,
    /// A backslash that begins no escape.
    #[error("a string holds an invalid escape")]
    InvalidEscape,
    /// Half of a surrogate pair.
    #[error("a string holds half of a surrogate pair")]
    LoneSurrogate,
    /// A number that a 64-bit float cannot hold.
    #[error("a number is out of range")]
    NumberOutOfRange,
    /// The same key twice in one object.
    #[error("the key `{0}` stands twice in one object")]
    DuplicateKey(String),
    /// A key that serialisation libraries give a meaning of their own.
    #[error("the key `{0}` is reserved")]
    ReservedKey(String),
    /// Deeper than [`ScanLimits::max_depth`].
    #[error("arrays and objects nest deeper than {0} levels")]
    TooDeep(usize),
}
