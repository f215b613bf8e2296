//! What the events of each stream are, for `itemSchema`.
//!
//! An item of a `text/event-stream` is an object of the event's fields, see
//! <https://spec.openapis.org/oas/v3.2.0.html#special-considerations-for-text-event-stream-content>.

use gateway_types::{
    audio::{SpeechEvent, TranscriptionEvent},
    chat::ChatChunk,
    completions::CompletionResponse,
    error::ErrorBody,
    images::ImageEvent,
    sse::DONE,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{AnyOfBuilder, Object, ObjectBuilder, Type},
    },
};

use super::paths::responses::ResponseEvent;

/// How a stream's events are told apart and how it ends.
#[derive(Clone, Copy)]
enum Kind {
    /// Events without a name, and `[DONE]` as the last one.
    Chunks,
    /// Events named after the `type` in their data; one of those types is the last one.
    Typed,
}

macro_rules! event_streams {
    ($( $(#[doc = $doc:literal])+ $name:ident: $kind:ident of $payload:ty; )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub(super) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    stream_event::<$payload>(Kind::$kind, concat!($($doc),+))
                }
            }

            impl ToSchema for $name {
                fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                    register::<$payload>(schemas);
                    register::<ErrorBody>(schemas);
                }
            }
        )+
    };
}

event_streams! {
    /// One event of a streamed chat completion.
    ChatEvents: Chunks of ChatChunk;
    /// One event of a streamed text completion.
    CompletionEvents: Chunks of CompletionResponse;
    /// One event of a streamed response.
    ResponsesEvents: Typed of ResponseEvent;
    /// One event of a streamed image.
    ImageEvents: Typed of ImageEvent;
    /// One event of streamed speech.
    SpeechEvents: Typed of SpeechEvent;
    /// One event of a streamed transcription.
    TranscriptionEvents: Typed of TranscriptionEvent;
}

fn register<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// An event with a `T`, or with the error that breaks the stream, or the end.
fn stream_event<T: ToSchema>(kind: Kind, description: &str) -> RefOr<Schema> {
    let payload = match kind {
        Kind::Chunks => json_event::<T>("A piece of the answer."),
        Kind::Typed => {
            let name = ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some("The `type` of the data."));
            json_event::<T>("A piece of the answer.").property("event", name)
        }
    };
    let error = json_event::<ErrorBody>("What broke the stream. Nothing comes after it.");
    let events = AnyOfBuilder::new()
        .description(Some(description.trim()))
        .item(payload)
        .item(error);
    let events = match kind {
        Kind::Chunks => events.item(done_event()),
        Kind::Typed => events,
    };
    Schema::AnyOf(events.build()).into()
}

fn json_event<T: ToSchema>(description: &str) -> ObjectBuilder {
    let data = ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type("application/json")
        .content_schema(Some(Ref::from_schema_name(T::name())));
    ObjectBuilder::new()
        .description(Some(description))
        .property("data", data)
        .required("data")
}

fn done_event() -> Object {
    let data = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([DONE]));
    ObjectBuilder::new()
        .description(Some("The end of a stream that is complete."))
        .property("data", data)
        .required("data")
        .build()
}
