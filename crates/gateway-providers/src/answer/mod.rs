//! What a dialect reads in an answer, told in OpenAI's words: as chunks of a stream, or as one whole answer.
//!
//! A dialect says what it sees, block by block or delta by delta, through one [`AnswerWriter`]; which of the two
//! forms comes out is not its business. So a streamed answer and a whole one cannot differ, and what holds for
//! every answer is kept in one place: the role comes once, a tool call has an id and arguments that are never
//! empty, every choice ends exactly once, calls make `stop` into `tool_calls`, usage is the last report.

mod choice;
mod chunks;
mod piece;
#[cfg(test)]
mod tests;
mod usage;
mod whole;
mod writer;

pub use self::{
    piece::{ToolCallKind, ToolCallStart},
    usage::token_usage,
    writer::{AnswerSeed, AnswerWriter},
};
