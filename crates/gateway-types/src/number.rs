//! A JSON number that stays what it was: `1` does not become `1.0`, and a 64-bit seed keeps all
//! of its digits.

use serde::{Deserialize, Serialize};

/// A number of the contract that may be written with or without a fraction.
///
/// Used where clients write both (`temperature`) or where 64 bits matter (`seed`). An integer
/// beyond 64 bits becomes a float, as in `serde_json`.
///
/// ```
/// use gateway_types::Number;
/// assert_eq!(Number::from(1).as_f64(), 1.0);
/// assert_ne!(Number::from(1), Number::from(1.0)); // written differently
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// An integer of 0 and above.
    Unsigned(u64),
    /// A negative integer.
    Signed(i64),
    /// A number with a fraction or an exponent. Not a number and infinity are written as `null`.
    Float(f64),
}

impl Number {
    /// The number as a float; integers above 2^53 lose their last digits.
    #[expect(
        clippy::cast_precision_loss,
        reason = "documented: that is what a float is"
    )]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(number) => number as f64,
            Self::Signed(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// The number as a signed integer, if it was written as one and fits.
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Unsigned(number) => i64::try_from(number).ok(),
            Self::Signed(number) => Some(number),
            Self::Float(_) => None,
        }
    }

    /// The number as an unsigned integer, if it was written as one and fits.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(number),
            Self::Signed(number) => u64::try_from(number).ok(),
            Self::Float(_) => None,
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Unsigned(0)
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(Self::Signed(number), Self::Unsigned)
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self::from(i64::from(number))
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self::Unsigned(u64::from(number))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Number {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::schema::{ObjectBuilder, Type};
        ObjectBuilder::new().schema_type(Type::Number).into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Number {
    fn name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Number {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number"})
    }
}
