//! `shape_union!`: one field that takes several JSON shapes, told apart by the shape alone.

/// Defines a union whose variants differ in their JSON shape (`text`, `list`, `object`).
///
/// Unlike serde's untagged enums it never tries variant after variant: the shape decides, so an
/// error inside the chosen variant keeps its own message and its own path.
macro_rules! shape_union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident, $expecting:literal {
            $( $(#[$variant_meta:meta])* $shape:ident $variant:ident ( $type:ty ) ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $( $(#[$variant_meta])* $variant($type), )+
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Shapes;

                impl<'de> serde::de::Visitor<'de> for Shapes {
                    type Value = $name;

                    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        out.write_str($expecting)
                    }

                    $( shape_union!(@visit $shape $name $variant $type); )+
                }

                deserializer.deserialize_any(Shapes)
            }
        }

        $( shape_union!(@from $shape $name $variant $type); )+
    };
    (@visit text $name:ident $variant:ident $type:ty) => {
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
            Ok($name::$variant(<$type>::from(text)))
        }

        fn visit_string<E: serde::de::Error>(self, text: String) -> Result<$name, E> {
            Ok($name::$variant(<$type>::from(text)))
        }
    };
    (@visit list $name:ident $variant:ident $type:ty) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, items: A) -> Result<$name, A::Error> {
            let items = serde::de::value::SeqAccessDeserializer::new(items);
            <$type as serde::Deserialize>::deserialize(items).map($name::$variant)
        }
    };
    (@visit object $name:ident $variant:ident $type:ty) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, fields: A) -> Result<$name, A::Error> {
            let fields = serde::de::value::MapAccessDeserializer::new(fields);
            <$type as serde::Deserialize>::deserialize(fields).map($name::$variant)
        }
    };
    (@from text $name:ident $variant:ident $type:ty) => {
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::$variant(<$type>::from(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::$variant(<$type>::from(text))
            }
        }
    };
    (@from list $name:ident $variant:ident $type:ty) => {
        impl From<$type> for $name {
            fn from(items: $type) -> Self {
                Self::$variant(items)
            }
        }
    };
    (@from object $name:ident $variant:ident $type:ty) => {
        impl From<$type> for $name {
            fn from(object: $type) -> Self {
                Self::$variant(object)
            }
        }
    };
}
