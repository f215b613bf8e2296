//! `wire_object!`: a JSON object of the contract.

/// Defines a wire object: `required` fields as they are, `optional` fields as
/// [`Maybe`](crate::Maybe), all other fields in `extra`.
///
/// `name: Type => with_name` also writes a builder-style setter for an optional field.
macro_rules! wire_object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(required {
                $( $(#[$required_meta:meta])* $required:ident : $required_type:ty ),+ $(,)?
            })?
            $(optional {
                $( $(#[$optional_meta:meta])* $optional:ident : $optional_type:ty
                    $(=> $setter:ident)? ),+ $(,)?
            })?
        }
    ) => {
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        $(#[$meta])*
        #[non_exhaustive]
        pub struct $name {
            $($( $(#[$required_meta])* pub $required: $required_type, )+)?
            $($(
                $(#[$optional_meta])*
                #[serde(default, skip_serializing_if = "crate::Maybe::is_absent")]
                #[cfg_attr(feature = "openapi", schema(value_type = Option<$optional_type>))]
                pub $optional: crate::Maybe<$optional_type>,
            )+)?
            /// Fields that this version of the contract does not name, kept as they came.
            #[serde(flatten)]
            #[cfg_attr(feature = "openapi", schema(ignore))]
            pub extra: crate::Extra,
        }

        impl $name {
            $($( wire_object!(@setter $optional $optional_type $(, $setter)?); )+)?

            /// Adds a field that the contract does not name, replacing one of the same name.
            ///
            /// A name that the type has a field for would be written twice: set the field.
            #[must_use]
            pub fn with_extra(
                mut self,
                name: impl Into<String>,
                value: impl Into<serde_json::Value>,
            ) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }
        }
    };
    (@setter $field:ident $type:ty) => {};
    (@setter $field:ident $type:ty, $setter:ident) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $setter(mut self, value: impl Into<$type>) -> Self {
            self.$field = crate::Maybe::Value(value.into());
            self
        }
    };
}
