//! Laws that hold for any request and any bytes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::bench;
use crate::dialects::proof::{laws, recordings};

/// A stream with everything in it, for mutation where no corpus is given.
const SAMPLE: &[u8] = b"event: message-start\ndata: {\"id\":\"a\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}\n\nevent: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"Hi\"}}},\"logprobs\":{\"text\":\"Hi\",\"token_ids\":[1],\"logprobs\":[-0.1]}}\n\nevent: citation-start\ndata: {\"type\":\"citation-start\",\"index\":0,\"delta\":{\"message\":{\"citations\":{\"start\":0,\"end\":2,\"sources\":[{\"document\":{\"url\":\"u\"}}]}}}}\n\nevent: tool-call-start\ndata: {\"type\":\"tool-call-start\",\"index\":0,\"delta\":{\"message\":{\"tool_calls\":{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}}}}\n\nevent: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"TOOL_CALL\",\"usage\":{\"tokens\":{\"input_tokens\":3,\"output_tokens\":1}}}}\n\ndata: [DONE]\n\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_request_is_expressed_named_or_refused(request in laws::chat_request()) {
        laws::nothing_is_lost(&bench(), &request)?;
    }

    #[test]
    fn broken_bytes_never_panic(flips in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..8)) {
        laws::read_broken("cohere", || bench().chat_decoder(), SAMPLE, &flips);
    }
}

#[test]
fn broken_recordings_never_panic() {
    laws::read_broken_recordings(&bench(), &recordings(&["cohere.chat_v2"]), 40);
}

#[test]
fn the_law_notices_a_loss() {
    let request =
        json!({"model": "m", "messages": [{"role": "user", "content": "hi"}], "x": "lost"});
    assert_eq!(
        laws::leaves(&request),
        ["hi".to_owned(), "lost".to_owned()].map(Value::from)
    );
}
