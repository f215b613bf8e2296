//! The document as OpenAPI 3.1, for the many tools that do not read 3.2 yet.
//!
//! 3.1 has no word for the events of a stream: `itemSchema` becomes `x-item-schema`, beside a schema that calls the
//! whole stream a string, and an example's `serializedValue` becomes its `value`. Nothing is lost, and nothing else
//! differs: <https://spec.openapis.org/oas/v3.1.0.html#media-type-object>.

use serde_json::Value;
use utoipa::openapi::{
    Content, OpenApi, OpenApiVersion, Ref, RefOr, Response,
    example::Example,
    extensions::Extensions,
    schema::{Object, ObjectBuilder, Schema, Type},
};

use super::forms;

/// Where the schema of a stream's events stands in a media type of 3.1.
pub(super) const ITEM_SCHEMA: &str = "x-item-schema";

/// The same document in the words of 3.1. Only answers are streams, so that only they change.
pub(super) fn of(mut document: OpenApi) -> OpenApi {
    document.openapi = OpenApiVersion::Version31;
    for item in document.paths.paths.values_mut() {
        for operation in forms::operations(item) {
            operation
                .responses
                .responses
                .values_mut()
                .for_each(rewrite_response);
        }
    }
    if let Some(components) = &mut document.components {
        components.responses.values_mut().for_each(rewrite_response);
    }
    document
}

fn rewrite_response(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    for content in response.content.values_mut() {
        if let RefOr::T(content) = content {
            rewrite_content(content);
        }
    }
}

fn rewrite_content(content: &mut Content) {
    if let Some(item) = content.item_schema.take() {
        content.schema = Some(Schema::Object(stream_of(&item)).into());
        let kept = serde_json::to_value(&item).unwrap_or_default();
        content
            .extensions
            .get_or_insert_default()
            .merge(Extensions::from_iter([(ITEM_SCHEMA, kept)]));
    }
    for example in content.examples.values_mut() {
        if let RefOr::T(example) = example {
            rewrite_example(example);
        }
    }
}

fn rewrite_example(example: &mut Example) {
    if let Some(text) = example.serialized_value.take() {
        example.value = Some(Value::String(text));
    }
}

/// A stream as the text that it is.
fn stream_of(item: &RefOr<Schema>) -> Object {
    let mut description = "A stream of server-sent events \
                           (<https://html.spec.whatwg.org/multipage/server-sent-events.html>)."
        .to_owned();
    if let RefOr::Ref(Ref { ref_location, .. }) = item {
        let name = ref_location.rsplit('/').next().unwrap_or_default();
        description.push_str(&format!(" Each of them is a [{name}]({ref_location})."));
    }
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .build()
}
