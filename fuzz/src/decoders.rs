//! Every dialect's stream decoder: the first byte says which, the second how the rest is cut. Whatever comes, nothing
//! panics, what is told are chunks, and the cut does not matter.

use gateway_providers::dialects::{
    Dialect, anthropic::Anthropic, bedrock::Bedrock, cohere::Cohere, gemini::Gemini,
    ollama::Ollama, responses::Responses,
};

/// Reads one input; panics where something does not hold.
pub fn run(input: &[u8]) {
    let [which, piece, bytes @ ..] = input else {
        return;
    };
    let dialect: &dyn Dialect = match which % 6 {
        0 => &Anthropic::new(),
        1 => &Bedrock,
        2 => &Cohere,
        3 => &Gemini,
        4 => &Ollama,
        _ => &Responses,
    };
    let (told, complete) = super::answers::read(dialect, bytes, bytes.len());
    super::answers::check(&told, complete);
    let cut = super::answers::read(dialect, bytes, usize::from(*piece));
    assert_eq!((told, complete), cut, "the cut matters");
}
