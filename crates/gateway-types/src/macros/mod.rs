//! The four declarative macros that all wire types are written with, so that each rule of the
//! contract (three states per optional field, unknown fields kept, unknown values kept) is
//! stated once instead of once per type.

#[macro_use]
mod object;
#[macro_use]
mod open_enum;
#[macro_use]
mod shape;
#[macro_use]
mod tagged;

/// A reference to a component of the OpenAPI document, for hand-written schemas.
#[cfg(feature = "openapi")]
pub(crate) fn component<T: utoipa::ToSchema>() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    utoipa::openapi::RefOr::Ref(utoipa::openapi::Ref::from_schema_name(T::name()))
}

/// Registers a component and all components that it refers to.
#[cfg(feature = "openapi")]
pub(crate) fn register<T: utoipa::ToSchema>(
    schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// The schema of one member of a tagged union: the tag with its one value, and the fields of `T`.
#[cfg(feature = "openapi")]
pub(crate) fn tagged_component<T: utoipa::ToSchema>(
    tag: &str,
    value: &str,
) -> utoipa::openapi::Schema {
    use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
    let tag_value = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some([value]));
    let tag_object = ObjectBuilder::new().property(tag, tag_value).required(tag);
    AllOfBuilder::new()
        .item(tag_object)
        .item(component::<T>())
        .build()
        .into()
}
