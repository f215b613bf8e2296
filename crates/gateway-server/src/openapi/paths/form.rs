//! Multipart forms: the text fields of a wire type, and the files beside them, which are streamed.

use gateway_types::{
    audio::{TranscriptionRequest, TranslationRequest},
    images::{ImageEditRequest, ImageVariationRequest},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, RefOr, Schema, SchemaFormat,
        schema::{Object, ObjectBuilder, Type},
    },
};

/// A file of a form.
struct File {
    name: &'static str,
    required: bool,
    description: &'static str,
}

const fn file(name: &'static str, required: bool, description: &'static str) -> File {
    File {
        name,
        required,
        description,
    }
}

macro_rules! forms {
    ($( $(#[doc = $doc:literal])+ $name:ident: $fields:ty = $files:expr; )+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub(in crate::openapi) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    form::<$fields>(concat!($($doc),+), $files)
                }
            }

            impl ToSchema for $name {
                fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                    <$fields>::schemas(schemas);
                }
            }
        )+
    };
}

forms! {
    /// The form of `POST /v1/images/edits`.
    ImageEditForm: ImageEditRequest = &[
        file("image", true, "The image to change. Several are sent as `image[]`."),
        file("mask", false, "Where the first image may change: its transparent places."),
        file("markup", false, "Drawn marks that show what to change."),
    ];
    /// The form of `POST /v1/images/variations`.
    ImageVariationForm: ImageVariationRequest = &[
        file("image", true, "The image to vary."),
    ];
    /// The form of `POST /v1/audio/transcriptions`.
    TranscriptionForm: TranscriptionRequest = &[file("file", true, "The recording.")];
    /// The form of `POST /v1/audio/translations`.
    TranslationForm: TranslationRequest = &[file("file", true, "The recording.")];
}

/// Fields that are in the JSON form of a request only.
const JSON_ONLY: &[&str] = &["images"];

/// The fields of `T`, `model` among those that are needed, and the files.
fn form<T: PartialSchema>(description: &str, files: &[File]) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut form)) = T::schema() else {
        return T::schema();
    };
    form.properties
        .retain(|name, _| !JSON_ONLY.contains(&name.as_str()));
    for file in files {
        form.properties
            .insert(file.name.to_owned(), RefOr::T(Schema::Object(binary(file))));
    }
    let needed = files
        .iter()
        .filter(|file| file.required)
        .map(|file| file.name)
        .chain(["model"]);
    for name in needed {
        if !form.required.iter().any(|known| known == name) {
            form.required.push(name.to_owned());
        }
    }
    let description = description.trim();
    form.description = Some(format!(
        "{description} Send the fields before the files: what comes before `model` is held back until it has come."
    ));
    Schema::Object(form).into()
}

fn binary(file: &File) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
        .content_media_type("application/octet-stream")
        .description(Some(file.description))
        .build()
}
