//! Random completions, and the prompts that they share with embeddings.

use serde_json::Value;

use super::answer::{envelope, usage};
use super::chat::sampling;
use super::{
    Mode, Values, any_json, count, fixed, flag, list, number, object, one_of, small, text, word,
};

/// Text, texts, tokens or lists of tokens.
pub(crate) fn prompt() -> Values {
    one_of(vec![
        text(),
        list(text()),
        list(count()),
        list(list(count())),
    ])
}

/// The body of `POST /v1/completions`.
pub(crate) fn completion_request(mode: Mode) -> Values {
    let mut optional = sampling(mode);
    optional.extend([
        ("suffix", text()),
        ("best_of", small()),
        ("echo", flag()),
        ("logprobs", small()),
    ]);
    object(
        mode,
        vec![("model", text()), ("prompt", prompt())],
        optional,
    )
}

/// The answer of `POST /v1/completions`.
pub(crate) fn completion_response(mode: Mode) -> Values {
    let lists = vec![
        ("text_offset", list(count())),
        (
            "token_logprobs",
            list(one_of(vec![number(), fixed(Value::Null)])),
        ),
        ("tokens", list(text())),
        ("top_logprobs", list(any_json())),
    ];
    let choice = object(
        mode,
        vec![("index", count()), ("text", text())],
        vec![
            (
                "finish_reason",
                word(mode, &["stop", "length", "content_filter"]),
            ),
            ("logprobs", object(mode, lists, vec![])),
        ],
    );
    let mut required = envelope("text_completion");
    required.push(("choices", list(choice)));
    object(
        mode,
        required,
        vec![("usage", usage(mode)), ("system_fingerprint", text())],
    )
}
