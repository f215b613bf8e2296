//! Laws that hold for any request and any bytes.

use proptest::prelude::*;

use super::bench;
use crate::dialects::proof::{laws, recordings};

/// A stream with everything in it, for mutation where no corpus is given.
const SAMPLE: &[u8] = b"{\"model\":\"m\",\"created_at\":\"2026-08-04T19:59:21.358882Z\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm\"},\"done\":false}\n{\"model\":\"m\",\"message\":{\"content\":\"Hi\"},\"logprobs\":[{\"token\":\"Hi\",\"logprob\":-0.1}],\"done\":false}\n{\"model\":\"m\",\"message\":{\"content\":\"\",\"tool_calls\":[{\"id\":\"c\",\"function\":{\"index\":0,\"name\":\"f\",\"arguments\":{\"a\":[1,2]}}}]},\"done\":false}\n{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"total_duration\":9,\"prompt_eval_count\":3,\"eval_count\":2}\n";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_request_is_expressed_named_or_refused(request in laws::chat_request()) {
        laws::nothing_is_lost(&bench(), &request)?;
    }

    #[test]
    fn broken_bytes_never_panic(flips in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..8)) {
        laws::read_broken("ollama", || bench().chat_decoder(), SAMPLE, &flips);
    }
}

#[test]
fn broken_recordings_never_panic() {
    laws::read_broken_recordings(&bench(), &recordings(&["ollama.chat"]), 10);
}
