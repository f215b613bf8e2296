//! Laws that hold for any request and for any bytes.

use proptest::prelude::*;
use serde_json::json;

use crate::dialects::{
    proof::{Bench, laws},
    responses::{Responses, stream::ResponsesDecoder},
};

proptest! {
    #[test]
    fn a_request_is_expressed_or_named_or_refused(request in laws::chat_request()) {
        laws::nothing_is_lost(&Bench::new("openai", Responses), &request)?;
    }

    #[test]
    fn broken_answers_are_read_or_refused(flips in proptest::collection::vec((any::<u16>(), any::<u8>()), 0..20)) {
        let decoder = || -> Box<dyn crate::dialects::AnswerDecoder> { Box::new(ResponsesDecoder::default()) };
        laws::read_broken("responses", decoder, &super::events::every_kind(), &flips);
        let whole = json!({"id": "resp_1", "status": "completed", "output": super::events::output()});
        laws::read_broken("responses", decoder, whole.to_string().as_bytes(), &flips);
    }
}

/// To name no tier may mean another one: a project has its own.
#[test]
fn a_tier_of_openai_is_asked_for_by_its_name() {
    for tier in ["default", "auto", "flex"] {
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "x"}], "service_tier": tier});
        let (native, dropped) = super::encoded(&request, "gpt-5.5");
        assert_eq!(native["service_tier"], tier);
        assert_eq!(dropped, Vec::<String>::new());
    }
}
