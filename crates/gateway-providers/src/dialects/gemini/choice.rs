//! What is remembered of one choice while its answer comes.

use super::partial_args::PartialArgs;

/// One choice. What it holds does not grow with the answer.
#[derive(Debug)]
pub(super) struct ChoiceState {
    /// Its place among the answers.
    pub(super) index: u32,
    /// How much text there was, in bytes.
    pub(super) text_bytes: usize,
    /// Whether all of the text was ASCII: bytes are characters then.
    pub(super) is_ascii: bool,
    /// How many images there were.
    pub(super) images: usize,
    /// How many reasoning details there were.
    pub(super) details: u64,
    /// Whether there was anything that a client can use.
    pub(super) has_content: bool,
    /// The call whose arguments still come.
    pub(super) open_call: Option<OpenCall>,
}

/// A call whose arguments come in pieces.
#[derive(Debug)]
pub(super) struct OpenCall {
    /// Its place among the choice's calls.
    pub(super) call: u32,
    /// Its arguments so far.
    pub(super) arguments: PartialArgs,
    /// Whether it stands for a custom tool, whose input is the one argument.
    pub(super) is_custom: bool,
}

impl ChoiceState {
    pub(super) fn new(index: u32) -> Self {
        Self {
            index,
            text_bytes: 0,
            is_ascii: true,
            images: 0,
            details: 0,
            has_content: false,
            open_call: None,
        }
    }

    /// The place of the next reasoning detail.
    pub(super) fn next_detail(&mut self) -> u64 {
        let index = self.details;
        self.details += 1;
        index
    }
}
