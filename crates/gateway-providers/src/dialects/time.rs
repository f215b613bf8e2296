//! Points in time, as some protocols write them.

/// Seconds since 1970 of a time as RFC 3339 has it; `None` where it is none.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_zones_and_fractions() {
        assert_eq!(seconds("1970-01-01T00:01:00.5Z"), Some(60));
        assert_eq!(
            seconds("2026-06-19T17:15:40.188240254-07:00"),
            Some(1_781_914_540)
        );
        assert_eq!(seconds("yesterday"), None);
        assert_eq!(seconds(""), None);
    }
}
