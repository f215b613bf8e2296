//! Where the schemas of the wire types say something else than this server does, or say it so that generators of
//! clients do not follow.

use std::collections::BTreeSet;

use utoipa::openapi::{
    Components, Ref, RefOr, Schema,
    schema::{AdditionalProperties, AnyOfBuilder, ArrayItems, OneOf},
};

/// Requests whose `model` OpenAI defaults. Here it is needed: it says who is asked.
const NEED_MODEL: &[&str] = &["ImageEditRequest", "ImageRequest", "ModerationRequest"];

/// Corrects all schemas.
pub(super) fn correct(components: &mut Components) {
    components.schemas.values_mut().for_each(open_unions);
    for name in NEED_MODEL {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(*name) {
            object.required.push("model".to_owned());
        }
    }
    name_variants(components);
}

/// Makes a component of every variant of a tagged union: `Message` has `MessageUser`.
///
/// Generators make a type of a component; a variant without a name is more than some of them can read, and they
/// leave out whatever refers to its union.
fn name_variants(components: &mut Components) {
    let taken: BTreeSet<String> = components.schemas.keys().cloned().collect();
    let mut named = Vec::new();
    for (union, schema) in &mut components.schemas {
        let RefOr::T(Schema::AnyOf(any)) = schema else {
            continue;
        };
        for item in &mut any.items {
            let name = tag_of(item).map(|tag| format!("{union}{}", capitalised(tag)));
            if let Some(name) = name.filter(|name| !taken.contains(name)) {
                let reference = Ref::from_schema_name(&name).into();
                named.push((name, std::mem::replace(item, reference)));
            }
        }
    }
    components.schemas.extend(named);
}

/// The value of the tag, where this is an object with a tag and all of another schema.
fn tag_of(variant: &RefOr<Schema>) -> Option<&str> {
    let RefOr::T(Schema::AllOf(parts)) = variant else {
        return None;
    };
    let [RefOr::T(Schema::Object(tagged)), RefOr::Ref(_)] = parts.items.as_slice() else {
        return None;
    };
    match tagged.properties.values().next()? {
        RefOr::T(Schema::Object(tag)) => tag.enum_values.as_ref()?.first()?.as_str(),
        _ => None,
    }
}

/// `image_url` as `ImageUrl`.
fn capitalised(tag: &str) -> String {
    tag.split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect()
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
