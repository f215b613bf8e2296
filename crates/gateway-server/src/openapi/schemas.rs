//! Where the schemas of the wire types say something else than this server does.

use utoipa::openapi::{
    Components, RefOr, Schema,
    schema::{AdditionalProperties, AnyOfBuilder, ArrayItems, OneOf},
};

/// Requests whose `model` OpenAI defaults. Here it is needed: it says who is asked.
const NEED_MODEL: &[&str] = &["ImageRequest", "ModerationRequest"];

/// Corrects all schemas.
pub(super) fn correct(components: &mut Components) {
    components.schemas.values_mut().for_each(open_unions);
    for name in NEED_MODEL {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(*name) {
            object.required.push("model".to_owned());
        }
    }
}

/// Makes `anyOf` of every `oneOf`, at any depth.
///
/// The unions of the wire types are read by the first member that fits, and the last one often takes anything;
/// where `null` is allowed, the other side may take it too. `oneOf` would forbid what fits twice.
fn open_unions(schema: &mut RefOr<Schema>) {
    if let RefOr::T(schema) = schema {
        open_unions_in(schema);
    }
}

fn open_unions_in(schema: &mut Schema) {
    if let Schema::OneOf(union) = schema
        && union.discriminator.is_none()
    {
        *schema = any_of(std::mem::take(union));
    }
    match schema {
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                open_unions(items);
            }
            array.prefix_items.iter_mut().for_each(open_unions_in);
        }
        Schema::Object(object) => {
            object.properties.values_mut().for_each(open_unions);
            if let Some(AdditionalProperties::RefOr(values)) =
                object.additional_properties.as_deref_mut()
            {
                open_unions(values);
            }
            if let Some(content) = object.content_schema.as_deref_mut() {
                open_unions(content);
            }
        }
        Schema::OneOf(union) => union.items.iter_mut().for_each(open_unions),
        Schema::AllOf(parts) => parts.items.iter_mut().for_each(open_unions),
        Schema::AnyOf(union) => union.items.iter_mut().for_each(open_unions),
        _ => {}
    }
}

fn any_of(union: OneOf) -> Schema {
    let mut any = AnyOfBuilder::new()
        .description(union.description)
        .default(union.default)
        .build();
    any.items = union.items;
    any.examples = union.examples;
    any.extensions = union.extensions;
    Schema::AnyOf(any)
}
