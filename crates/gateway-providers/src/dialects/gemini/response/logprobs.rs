//! How likely tokens were. Spec: <https://ai.google.dev/api/generate-content#LogprobsResult>.

use std::borrow::Cow;

use gateway_types::{
    Extra, Number,
    chat::{ChoiceLogprobs, Logprobs, TokenLogprob, TopLogprob},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::AnswerWriter;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Native<'a> {
    #[serde(borrow)]
    chosen_candidates: Option<Vec<Token<'a>>>,
    #[serde(borrow)]
    top_candidates: Option<Vec<Top<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
struct Top<'a> {
    #[serde(borrow)]
    candidates: Option<Vec<Token<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    #[serde(borrow, default)]
    token: Cow<'a, str>,
    log_probability: Option<Number>,
    token_id: Option<Number>,
}

/// Tells the probabilities; what is not understood is left out.
pub(super) fn read(raw: &RawValue, choice: u32, answer: &mut AnswerWriter) {
    let Ok(native) = serde_json::from_str::<Native<'_>>(raw.get()) else {
        return;
    };
    let mut top = native.top_candidates.unwrap_or_default().into_iter();
    let tokens: Vec<TokenLogprob> = native
        .chosen_candidates
        .unwrap_or_default()
        .into_iter()
        .map(|chosen| token(&chosen, top.next().and_then(|top| top.candidates)))
        .collect();
    if tokens.is_empty() {
        // The likeliest tokens without the chosen ones have no place in OpenAI's list.
        if let Ok(native) = serde_json::from_str(raw.get()) {
            answer.provider_data(choice, "logprobs_result", native);
        }
        return;
    }
    let mut told = Logprobs::default();
    told.content = tokens.into();
    answer.logprobs(choice, ChoiceLogprobs::Tokens(told));
}

fn token(native: &Token<'_>, top: Option<Vec<Token<'_>>>) -> TokenLogprob {
    let mut token = TokenLogprob::default();
    token.token = native.token.as_ref().to_owned();
    token.logprob = native.log_probability.unwrap_or_default();
    token.bytes = native.token.as_bytes().to_vec().into();
    tell_id(native, &mut token.extra);
    let top = top.unwrap_or_default();
    token.top_logprobs = top.iter().map(alternative).collect::<Vec<_>>().into();
    token
}

fn alternative(native: &Token<'_>) -> TopLogprob {
    let mut token = TopLogprob::default();
    token.token = native.token.as_ref().to_owned();
    token.logprob = native.log_probability.unwrap_or_default();
    token.bytes = native.token.as_bytes().to_vec().into();
    tell_id(native, &mut token.extra);
    token
}

fn tell_id(native: &Token<'_>, extra: &mut Extra) {
    let id = native.token_id.and_then(|id| serde_json::to_value(id).ok());
    extra.extend(id.map(|id| ("token_id".to_owned(), id)));
}
