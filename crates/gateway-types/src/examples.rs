//! The examples of the OpenAPI document: the same files that the golden tests read.

use serde_json::Value;

macro_rules! examples {
    ($( $name:ident => $file:literal ),+ $(,)?) => {
        $(
            #[doc = concat!("The example in `", $file, "`.")]
            pub(crate) fn $name() -> Value {
                let text = include_str!(concat!("../tests/golden/", $file));
                serde_json::from_str(text).unwrap_or_default()
            }
        )+

        #[cfg(test)]
        #[test]
        fn all_examples_are_json() {
            $( assert!($name().is_object(), $file); )+
        }
    };
}

examples! {
    chat_request => "chat_request.json",
    chat_response => "chat_response.json",
    chat_chunk => "chat_chunk.json",
    completion_request => "completion_request.json",
    completion_response => "completion_response.json",
    embedding_request => "embedding_request.json",
    embedding_response => "embedding_response.json",
    error => "error.json",
    image_request => "image_request.json",
    image_response => "image_response.json",
    model => "model.json",
    model_list => "model_list.json",
    moderation_request => "moderation_request.json",
    moderation_response => "moderation_response.json",
    speech_request => "speech_request.json",
    transcription => "transcription.json",
}
