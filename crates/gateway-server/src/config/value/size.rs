//! Numbers of bytes.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// A number of bytes, never zero. Written as a whole number of bytes, or with a unit: `64KiB`, `32MiB`, `10MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub usize);

impl ByteSize {
    /// So many times 1024 bytes.
    pub const fn kib(number: usize) -> Self {
        Self(number << 10)
    }

    /// So many times 1024 * 1024 bytes.
    pub const fn mib(number: usize) -> Self {
        Self(number << 20)
    }
}

const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
];

impl FromStr for ByteSize {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "expected a number of bytes, or a size with its unit, e.g. 65536, \"64KiB\", \"32MiB\"";
        let (number, unit) = text.split_at(
            text.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len()),
        );
        let unit = unit.trim_start();
        let (_, bytes_each) = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .ok_or(FORM)?;
        let number: u64 = number.parse().map_err(|_| FORM)?;
        Self::checked(number.saturating_mul(*bytes_each))
    }
}

impl ByteSize {
    fn checked(bytes: u64) -> Result<Self, &'static str> {
        match usize::try_from(bytes) {
            Ok(0) => Err("a size must be more than zero"),
            Ok(size) if bytes < 1 << 40 => Ok(Self(size)),
            _ => Err("a size must be less than 1024 GiB"),
        }
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes % (1 << 20) == 0 => write!(f, "{}MiB", bytes >> 20),
            bytes if bytes % (1 << 10) == 0 => write!(f, "{}KiB", bytes >> 10),
            bytes => write!(f, "{bytes}"),
        }
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = ByteSize;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, or a size with its unit, e.g. \"32MiB\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: Error>(self, bytes: u64) -> Result<ByteSize, E> {
                ByteSize::checked(bytes).map_err(E::custom)
            }
            fn visit_i64<E: Error>(self, bytes: i64) -> Result<ByteSize, E> {
                ByteSize::checked(u64::try_from(bytes).unwrap_or_default()).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of bytes, or a number with a unit: B, KiB, MiB, GiB, KB, MB, GB. More than zero.",
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": "^[0-9]+ *([KkMmGg]?[Ii]?[Bb])?$" },
            ],
            "examples": [65536, "64KiB", "32MiB"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_units_and_are_not_zero() {
        for (text, bytes) in [
            ("1", 1),
            ("64KiB", 65_536),
            ("32 mib", 33_554_432),
            ("10MB", 10_000_000),
            ("1B", 1),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!(size.0, bytes);
            assert_eq!(size.to_string().parse(), Ok(size), "{text}");
        }
        for wrong in [
            "",
            "0",
            "0MiB",
            "MiB",
            "1TiB",
            "-1",
            "1.5MiB",
            "9999999GiB",
            "1024GiB",
        ] {
            assert!(wrong.parse::<ByteSize>().is_err(), "{wrong}");
        }
    }
}
