//! Every dialect's stream decoder: the first byte says which, the second how the rest is cut. Whatever comes, nothing
//! panics, what is told are chunks, and the cut does not matter.
#![no_main]

mod answers;

use gateway_providers::dialects::{
    Dialect, anthropic::Anthropic, bedrock::Bedrock, cohere::Cohere, gemini::Gemini,
    ollama::Ollama, responses::Responses,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
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
    let (told, complete) = answers::read(dialect, bytes, bytes.len());
    answers::check(&told, complete);
    let cut = answers::read(dialect, bytes, usize::from(*piece));
    assert_eq!((told, complete), cut, "the cut matters");
});
