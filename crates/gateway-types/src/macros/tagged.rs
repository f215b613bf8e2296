//! `tagged_union!`: objects told apart by one member (`type`, `role`), open for unknown tags.

/// Defines a union of objects with a tag member.
///
/// A known tag must be followed by a well-formed object: anything else is an error. An unknown
/// tag, or none, becomes `Other` with every member kept.
macro_rules! tagged_union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal {
            $( $(#[$variant_meta:meta])* $value:literal => $variant:ident ( $type:ty ) ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(tag = $tag)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* #[serde(rename = $value)] $variant($type), )+
            /// An object whose tag this version does not know, whole and with its tag.
            #[serde(untagged)]
            Other(crate::JsonObject),
        }

        impl $name {
            /// The member that tells the variants apart.
            pub const TAG: &'static str = $tag;

            /// The values of the tag that this version knows.
            pub const KNOWN: &'static [&'static str] = &[$($value),+];

            /// The tag as it stands on the wire; `None` where an unknown object has none.
            pub fn tag(&self) -> Option<&str> {
                match self {
                    $( Self::$variant(_) => Some($value), )+
                    Self::Other(object) => object.get($tag).and_then(serde_json::Value::as_str),
                }
            }
        }

        $(
            impl From<$type> for $name {
                fn from(object: $type) -> Self {
                    Self::$variant(object)
                }
            }
        )+

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut object = crate::JsonObject::deserialize(deserializer)?;
                let known = match object.get($tag).and_then(serde_json::Value::as_str) {
                    $( Some($value) => $value, )+
                    _ => return Ok(Self::Other(object)),
                };
                object.shift_remove($tag);
                match known {
                    $( $value => crate::extra::decode(object)
                        .map(Self::$variant)
                        .map_err(|error| serde::de::Error::custom(format_args!(
                            "in the object with {} {:?}: {error}", $tag, $value
                        ))), )+
                    _ => Ok(Self::Other(object)),
                }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type};
                let union = AnyOfBuilder::new()
                    $( .item(crate::macros::tagged_component::<$type>($tag, $value)) )+
                    .item(ObjectBuilder::new().schema_type(Type::Object).description(Some(
                        "An object with a tag that is not listed here; it is kept as it is.",
                    )));
                Schema::AnyOf(union.build()).into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(
                schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                $( crate::macros::register::<$type>(schemas); )+
            }
        }
    };
}
