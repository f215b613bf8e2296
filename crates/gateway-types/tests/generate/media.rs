//! Random embeddings, images, moderations, models, speech and errors.

use super::{
    Mode, Values, any_json, count, fixed, flag, kinds, list, number, object, one_of, prompt, small,
    text, word,
};
use proptest::prelude::*;
use serde_json::json;

/// The body of `POST /v1/embeddings`.
pub(crate) fn embedding_request(mode: Mode) -> Values {
    let optional = vec![
        ("encoding_format", word(mode, &["float", "base64"])),
        ("dimensions", count()),
        ("user", text()),
    ];
    object(mode, vec![("model", text()), ("input", prompt())], optional)
}

/// The answer of `POST /v1/embeddings`; `vector` makes the vectors.
pub(crate) fn embedding_response(mode: Mode, vector: Values) -> Values {
    let usage = object(
        mode,
        vec![("prompt_tokens", count()), ("total_tokens", count())],
        vec![],
    );
    let item = vec![
        ("object", fixed("embedding")),
        ("index", count()),
        ("embedding", vector),
    ];
    let required = vec![
        ("object", fixed("list")),
        ("model", text()),
        ("data", list(object(mode, item, vec![]))),
        ("usage", usage),
    ];
    object(mode, required, vec![])
}

/// Numbers with a fraction: whole ones are written with `.0`.
pub(crate) fn vector() -> Values {
    proptest::collection::vec(-1.0f64..1.0, 0..4)
        .prop_map(|floats| json!(floats))
        .boxed()
}

const QUALITIES: &[&str] = &[
    "standard", "hd", "low", "medium", "high", "xhigh", "max", "auto",
];
const FORMATS: &[&str] = &["png", "webp", "jpeg"];
const BACKGROUNDS: &[&str] = &["transparent", "opaque"];

/// The body of `POST /v1/images/generations`.
pub(crate) fn image_request(mode: Mode) -> Values {
    let mut optional = image_options(mode);
    optional.push(("style", word(mode, &["vivid", "natural"])));
    optional.push(("response_format", word(mode, &["url", "b64_json"])));
    object(mode, vec![("prompt", text()), ("model", text())], optional)
}

/// The JSON body of `POST /v1/images/edits`.
pub(crate) fn image_edit_request(mode: Mode) -> Values {
    let reference = || {
        object(
            mode,
            vec![],
            vec![("image_url", text()), ("file_id", text())],
        )
    };
    let mut optional = image_options(mode);
    optional.push(("mask", reference()));
    optional.push(("markup", reference()));
    optional.push(("input_fidelity", word(mode, &["high", "low"])));
    object(
        mode,
        vec![("prompt", text()), ("images", list(reference()))],
        optional,
    )
}

fn image_options(mode: Mode) -> Vec<(&'static str, Values)> {
    vec![
        ("n", small()),
        ("quality", word(mode, QUALITIES)),
        ("size", word(mode, &["auto", "1024x1024", "512x512"])),
        ("background", word(mode, BACKGROUNDS)),
        ("moderation", word(mode, &["low", "auto"])),
        ("output_format", word(mode, FORMATS)),
        ("output_compression", small()),
        ("partial_images", small()),
        ("stream", flag()),
        ("user", text()),
        ("safety_identifier", text()),
    ]
}

fn image_usage(mode: Mode) -> Values {
    let details = object(
        mode,
        vec![("image_tokens", count()), ("text_tokens", count())],
        vec![],
    );
    let required = vec![
        ("input_tokens", count()),
        ("output_tokens", count()),
        ("total_tokens", count()),
        ("input_tokens_details", details),
    ];
    object(mode, required, vec![])
}

/// The answer of the image endpoints.
pub(crate) fn image_response(mode: Mode) -> Values {
    let image = one_of(vec![
        object(
            mode,
            vec![("url", text())],
            vec![("revised_prompt", text())],
        ),
        object(
            mode,
            vec![("b64_json", text())],
            vec![("revised_prompt", text())],
        ),
    ]);
    let optional = vec![
        ("background", word(mode, BACKGROUNDS)),
        ("output_format", word(mode, FORMATS)),
        ("quality", word(mode, QUALITIES)),
        ("size", text()),
        ("usage", image_usage(mode)),
        ("safety_identifier", text()),
    ];
    object(
        mode,
        vec![("created", count()), ("data", list(image))],
        optional,
    )
}

/// One event of a streamed image.
pub(crate) fn image_event(mode: Mode, partial: &'static str, completed: &'static str) -> Values {
    let common = || {
        vec![
            ("b64_json", text()),
            ("created_at", count()),
            ("size", text()),
            ("quality", word(mode, QUALITIES)),
            ("background", word(mode, BACKGROUNDS)),
            ("output_format", word(mode, FORMATS)),
        ]
    };
    let mut first = common();
    first.push(("partial_image_index", small()));
    let mut last = common();
    last.push(("usage", image_usage(mode)));
    kinds(
        mode,
        "type",
        vec![
            (partial, object(mode, first, vec![])),
            (
                completed,
                object(mode, last, vec![("safety_identifier", text())]),
            ),
        ],
    )
}

/// The body of `POST /v1/moderations`.
pub(crate) fn moderation_request_body(mode: Mode) -> Values {
    let image = match mode {
        Mode::Plain => text(),
        Mode::Wild => one_of(vec![text(), object(mode, vec![("url", text())], vec![])]),
    };
    let part = kinds(
        mode,
        "type",
        vec![
            ("text", object(mode, vec![("text", text())], vec![])),
            (
                "image_url",
                object(mode, vec![("image_url", image)], vec![]),
            ),
        ],
    );
    let input = one_of(vec![text(), list(text()), list(part)]);
    object(mode, vec![("input", input)], vec![("model", text())])
}

const CATEGORIES: [&str; 13] = [
    "hate",
    "hate/threatening",
    "harassment",
    "harassment/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// The answer of `POST /v1/moderations`.
pub(crate) fn moderation_response(mode: Mode) -> Values {
    let all = |value: fn() -> Values| {
        object(
            Mode::Plain,
            CATEGORIES.into_iter().map(|name| (name, value())).collect(),
            vec![],
        )
    };
    let result = object(
        mode,
        vec![
            ("flagged", flag()),
            ("categories", all(flag)),
            ("category_scores", all(number)),
            (
                "category_applied_input_types",
                all(|| list(word(Mode::Plain, &["text", "image"]))),
            ),
        ],
        vec![],
    );
    object(
        mode,
        vec![("id", text()), ("model", text()), ("results", list(result))],
        vec![],
    )
}

/// The answer of `GET /v1/models`.
pub(crate) fn model_list(mode: Mode) -> Values {
    let required = vec![
        ("id", text()),
        ("object", fixed("model")),
        ("created", count()),
        ("owned_by", text()),
    ];
    let model = object(mode, required, vec![("shutdown_date", text())]);
    object(
        mode,
        vec![("object", fixed("list")), ("data", list(model))],
        vec![],
    )
}

/// The body of `POST /v1/audio/speech`.
pub(crate) fn speech_request(mode: Mode) -> Values {
    let voice = one_of(vec![
        text(),
        object(Mode::Plain, vec![("id", text())], vec![]),
    ]);
    let optional = vec![
        ("instructions", text()),
        (
            "response_format",
            word(mode, &["mp3", "opus", "aac", "flac", "pcm", "wav"]),
        ),
        ("speed", number()),
        ("stream_format", word(mode, &["sse", "audio"])),
    ];
    object(
        mode,
        vec![("model", text()), ("input", text()), ("voice", voice)],
        optional,
    )
}

/// The verbose answer of `POST /v1/audio/transcriptions`.
pub(crate) fn transcription(mode: Mode) -> Values {
    let segment = object(
        mode,
        vec![
            ("id", count()),
            ("seek", count()),
            ("start", number()),
            ("end", number()),
            ("text", text()),
            ("tokens", list(small())),
            ("temperature", number()),
            ("avg_logprob", number()),
            ("compression_ratio", number()),
            ("no_speech_prob", number()),
        ],
        vec![],
    );
    let word = object(
        mode,
        vec![("word", text()), ("start", number()), ("end", number())],
        vec![],
    );
    let seconds = object(mode, vec![("seconds", number())], vec![]);
    let usage = ("usage", kinds(mode, "type", vec![("duration", seconds)]));
    let mut required = vec![
        ("language", text()),
        ("duration", number()),
        ("text", text()),
    ];
    let mut optional = vec![("segments", list(segment)), ("words", list(word))];
    match mode {
        // The other crate wants it, OpenAI's SDK does not.
        Mode::Plain => required.push(usage),
        Mode::Wild => optional.push(usage),
    }
    object(mode, required, optional)
}

/// The body of an error.
pub(crate) fn error(mode: Mode) -> Values {
    let optional = vec![("type", text()), ("param", text()), ("code", any_json())];
    let error = object(mode, vec![("message", text())], optional);
    object(mode, vec![("error", error)], vec![])
}
