//! Examples of requests and answers. The answers are what the built-in demo provider really answers to the requests.

use gateway_providers::Operation;
use serde_json::Value;
use utoipa::openapi::{
    Content, RefOr,
    example::{Example, ExampleBuilder},
    path::Operation as Documented,
};

use crate::http::routes::Endpoint;

/// Where an example belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The request's body.
    Request,
    /// The body of every successful answer that is JSON.
    Answer,
    /// The events of a successful answer.
    Stream,
}

struct Row {
    endpoint: Endpoint,
    place: Place,
    name: &'static str,
    summary: &'static str,
    text: &'static str,
}

macro_rules! rows {
    ($( $endpoint:expr => { $( $place:ident $name:literal $summary:literal $file:literal; )+ } )+) => {
        &[$($( Row {
            endpoint: $endpoint,
            place: Place::$place,
            name: $name,
            summary: $summary,
            text: include_str!(concat!("examples/", $file)),
        }, )+)+]
    };
}

static ROWS: &[Row] = rows! {
    Endpoint::Operation(Operation::Chat) => {
        // They stand in the order of their names, and the first one is what Swagger UI sends.
        Request "question" "A question" "chat_text.json";
        Request "stream" "A stream, with the tokens at its end" "chat_stream.json";
        Request "tools" "A tool that the model may call" "chat_tools.json";
        Request "schema" "An answer that keeps to a JSON schema" "chat_schema.json";
        Request "vision" "A question about an image" "chat_image.json";
        Answer "text" "An answer" "chat_text_answer.json";
        Answer "tools" "A call of a tool" "chat_tools_answer.json";
        Stream "stream" "A stream, with the tokens at its end" "chat_stream_answer.txt";
    }
    Endpoint::Operation(Operation::Completions) => {
        Request "text" "A prompt" "completion.json";
        Answer "text" "Its continuation" "completion_answer.json";
    }
    Endpoint::Operation(Operation::Responses) => {
        Request "text" "A question" "response.json";
        Answer "text" "An answer" "response_answer.json";
    }
    Endpoint::Operation(Operation::Embeddings) => {
        Request "texts" "Two texts, as short vectors" "embedding.json";
        Answer "texts" "Two vectors" "embedding_answer.json";
    }
    Endpoint::Operation(Operation::Rerank) => {
        Request "texts" "Three documents" "rerank.json";
        Answer "texts" "The best two of them" "rerank_answer.json";
    }
    Endpoint::Operation(Operation::ImageGenerations) => {
        Request "image" "An image" "image.json";
    }
    Endpoint::Operation(Operation::Speech) => {
        Request "speech" "A sentence" "speech.json";
    }
    Endpoint::Operation(Operation::Moderations) => {
        Request "text" "A text" "moderation.json";
        Answer "text" "What is thought of it" "moderation_answer.json";
    }
    Endpoint::Model => {
        Answer "model" "A model" "model_answer.json";
    }
    Endpoint::Health => { Answer "ok" "The process is alive" "health_answer.json"; }
    Endpoint::Ready => { Answer "ok" "Requests are taken" "ready_answer.json"; }
    Endpoint::Status => { Answer "ok" "One provider" "status_answer.json"; }
    Endpoint::ApiStatus => { Answer "ok" "One provider" "api_status_answer.json"; }
};

/// Adds an endpoint's examples to an operation.
pub(super) fn add(operation: &mut Documented, endpoint: Endpoint) {
    for row in ROWS.iter().filter(|row| row.endpoint == endpoint) {
        let media_type = match row.place {
            Place::Request | Place::Answer => "application/json",
            Place::Stream => "text/event-stream",
        };
        for content in contents(operation, row.place, media_type) {
            content
                .examples
                .insert(row.name.to_owned(), example(row).into());
        }
    }
}

fn contents<'a>(
    operation: &'a mut Documented,
    place: Place,
    media_type: &'a str,
) -> Vec<&'a mut Content> {
    let contents: Vec<_> = if place == Place::Request {
        match &mut operation.request_body {
            Some(RefOr::T(body)) => body.content.get_mut(media_type).into_iter().collect(),
            _ => Vec::new(),
        }
    } else {
        let answers = operation.responses.responses.values_mut();
        answers
            .filter_map(|response| match response {
                RefOr::T(response) => response.content.get_mut(media_type),
                RefOr::Ref(_) => None,
            })
            .collect()
    };
    contents
        .into_iter()
        .filter_map(|content| match content {
            RefOr::T(content) => Some(content),
            RefOr::Ref(_) => None,
        })
        .collect()
}

fn example(row: &Row) -> Example {
    let example = ExampleBuilder::new().summary(row.summary);
    match row.place {
        Place::Stream => example.serialized_value(Some(row.text)),
        Place::Request | Place::Answer => {
            example.value(serde_json::from_str::<Value>(row.text).ok())
        }
    }
    .build()
}
