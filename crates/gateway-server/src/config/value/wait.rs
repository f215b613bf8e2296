//! Lengths of time.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

/// A length of time, never zero, at most a week. Written as a whole number with its unit: `1500ms`, `30s`, `2m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait(pub Duration);

const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Wait {
    /// So many seconds.
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }
}

impl FromStr for Wait {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "expected a length of time with its unit, e.g. \"1500ms\", \"30s\", \"2m\", \"1h\"";
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(FORM)?;
        let (number, unit) = text.split_at(digits);
        let millis_each = match unit.trim_start() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(FORM),
        };
        let number: u64 = number.parse().map_err(|_| FORM)?;
        let wait = Duration::from_millis(number.saturating_mul(millis_each));
        if wait.is_zero() {
            return Err("a length of time must be more than zero");
        }
        if wait > LONGEST {
            Err("a length of time may be a week (168h) at most")
        } else {
            Ok(Self(wait))
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            millis if millis % 1_000 != 0 => write!(f, "{millis}ms"),
            millis if millis % 60_000 != 0 => write!(f, "{}s", millis / 1_000),
            millis if millis % 3_600_000 != 0 => write!(f, "{}m", millis / 60_000),
            millis => write!(f, "{}h", millis / 3_600_000),
        }
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Wait;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a length of time with its unit, as text, e.g. \"30s\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Wait, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Form)
    }
}

impl Serialize for Wait {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Wait {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A whole number with its unit: ms, s, m or h. More than zero, a week at most.",
            "pattern": "^[0-9]+ *(ms|s|m|h)$",
            "examples": ["1500ms", "30s", "2m", "1h"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_and_are_not_zero() {
        for (text, millis) in [
            ("1500ms", 1_500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1 h", 3_600_000),
        ] {
            let wait: Wait = text.parse().unwrap();
            assert_eq!(wait.0, Duration::from_millis(millis));
            assert_eq!(wait.to_string().parse(), Ok(wait), "{text}");
        }
        for wrong in [
            "",
            "30",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "30 sec",
            "999999999999999999999s",
            "169h",
            "18446744073709551615h",
        ] {
            assert!(wrong.parse::<Wait>().is_err(), "{wrong}");
        }
    }
}
