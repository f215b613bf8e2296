//! Every dialect's stream decoder, a target each: the first byte says how the rest is cut. Whatever comes, nothing panics,
//! what is told are chunks, and the cut does not matter.

use gateway_providers::dialects::{
    Dialect, anthropic::Anthropic, bedrock::Bedrock, cohere::Cohere, gemini::Gemini,
    ollama::Ollama, responses::Responses,
};

/// Reads one input as Anthropic's Messages; panics where something does not hold.
pub fn anthropic(input: &[u8]) {
    read(&Anthropic::new(), input);
}

/// Reads one input as Bedrock's ConverseStream; panics where something does not hold.
pub fn bedrock(input: &[u8]) {
    read(&Bedrock, input);
}

/// Reads one input as Cohere's v2 chat; panics where something does not hold.
pub fn cohere(input: &[u8]) {
    read(&Cohere, input);
}

/// Reads one input as Gemini's streamGenerateContent; panics where something does not hold.
pub fn gemini(input: &[u8]) {
    read(&Gemini, input);
}

/// Reads one input as Ollama's own chat; panics where something does not hold.
pub fn ollama(input: &[u8]) {
    read(&Ollama, input);
}

/// Reads one input as OpenAI's Responses; panics where something does not hold.
pub fn responses(input: &[u8]) {
    read(&Responses, input);
}

fn read(dialect: &dyn Dialect, input: &[u8]) {
    let [piece, bytes @ ..] = input else {
        return;
    };
    let (told, complete) = super::answers::read(dialect, bytes, bytes.len());
    super::answers::check(&told, complete);
    let cut = super::answers::read(dialect, bytes, usize::from(*piece));
    assert_eq!((told, complete), cut, "the cut matters");
}
