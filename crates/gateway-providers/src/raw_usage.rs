//! What an answer says it used, read wherever vendors put it and brought to OpenAI's meaning.
//!
//! The names differ between vendors but never collide, so one table serves them all. Numbers that cannot be
//! counts (negative, fractional, absurdly large) are 'not said'; an explicit zero stays zero.

use crate::{
    TokenUsage,
    peek::{Cursor, Malformed},
};

/// More tokens than any answer can have: a count above this is a defect of the upstream.
const LARGEST_COUNT: u64 = 1 << 40;

/// A place in [`TokenUsage`].
#[derive(Clone, Copy)]
enum Field {
    Input,
    Output,
    Total,
    Cached,
    Reasoning,
}

/// A member's name and what its count is.
type Count = (&'static [u8], Field);

/// Where the counts stand in a usage object.
const COUNTS: &[Count] = &[
    (b"prompt_tokens", Field::Input),
    (b"input_tokens", Field::Input),
    (b"completion_tokens", Field::Output),
    (b"output_tokens", Field::Output),
    (b"total_tokens", Field::Total),
    // DeepSeek, Mistral, Moonshot and Together, Databricks: beside the counts instead of in the details.
    (b"prompt_cache_hit_tokens", Field::Cached),
    (b"num_cached_tokens", Field::Cached),
    (b"cached_tokens", Field::Cached),
    (b"cache_read_input_tokens", Field::Cached),
    (b"reasoning_tokens", Field::Reasoning),
];

/// Objects inside of a usage object, with what is read in them.
const DETAILS: &[(&[u8], &[Count])] = &[
    (
        b"prompt_tokens_details",
        &[(b"cached_tokens", Field::Cached)],
    ),
    (
        b"input_tokens_details",
        &[(b"cached_tokens", Field::Cached)],
    ),
    (
        b"completion_tokens_details",
        &[(b"reasoning_tokens", Field::Reasoning)],
    ),
    (
        b"output_tokens_details",
        &[(b"reasoning_tokens", Field::Reasoning)],
    ),
];

/// Reads one usage object, given as its JSON text. `None` where it holds no count at all.
///
/// `reasoning_beside` says that the upstream's completion leaves reasoning out; it is needed only where a report
/// has no total that says so.
///
/// Sources of the names and of the arithmetic: the API references of the vendors that the table names; xAI
/// counts reasoning beside the completion (its total says so), OpenAI inside of it.
///
/// ```
/// use gateway_providers::raw_usage::read;
///
/// let usage = read(br#"{"prompt_tokens":9,"completion_tokens":4,"total_tokens":20,
///     "completion_tokens_details":{"reasoning_tokens":7}}"#, false).unwrap();
/// assert_eq!((usage.input, usage.output, usage.reasoning), (Some(9), Some(11), Some(7)));
/// ```
#[must_use]
pub fn read(json: &[u8], reasoning_beside: bool) -> Option<TokenUsage> {
    let mut usage = TokenUsage::default();
    read_counts(&mut Cursor::new(json), &mut usage).ok()?;
    (usage != TokenUsage::default()).then(|| to_openai_meaning(usage, reasoning_beside))
}

/// The later of two reports of one answer. Reports are cumulative and never summed. What was written cannot
/// become less, so output, reasoning and total never go down; the input is a count that an upstream may correct,
/// but not to nothing. What a later report leaves out keeps its value.
#[must_use]
pub fn merge(earlier: TokenUsage, later: TokenUsage) -> TokenUsage {
    let corrected = later.input.filter(|&count| count > 0);
    TokenUsage {
        input: corrected.or(earlier.input).or(later.input),
        output: later.output.max(earlier.output),
        total: later.total.max(earlier.total),
        cached: later.cached.or(earlier.cached),
        reasoning: later.reasoning.max(earlier.reasoning),
    }
}

fn read_counts(cursor: &mut Cursor<'_>, usage: &mut TokenUsage) -> Result<(), Malformed> {
    cursor.members(|cursor, key| {
        let key = key.text();
        match DETAILS.iter().find(|(name, _)| *name == key.as_ref()) {
            Some((_, counts)) => {
                cursor.members(|cursor, key| set(usage, counts, &key.text(), cursor.value()?))
            }
            None => set(usage, COUNTS, &key, cursor.value()?),
        }
    })
}

fn set(
    usage: &mut TokenUsage,
    counts: &[Count],
    key: &[u8],
    value: &[u8],
) -> Result<(), Malformed> {
    if let Some((_, field)) = counts.iter().find(|(name, _)| *name == key) {
        let place = match field {
            Field::Input => &mut usage.input,
            Field::Output => &mut usage.output,
            Field::Total => &mut usage.total,
            Field::Cached => &mut usage.cached,
            Field::Reasoning => &mut usage.reasoning,
        };
        *place = count(value).or(*place);
    }
    Ok(())
}

fn count(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    // Some upstreams are written in languages that print counts as `12.0`.
    let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
        if fraction.bytes().all(|byte| byte == b'0') {
            whole
        } else {
            text
        }
    });
    whole.parse().ok().filter(|&count| count <= LARGEST_COUNT)
}

fn to_openai_meaning(mut usage: TokenUsage, reasoning_beside: bool) -> TokenUsage {
    let (Some(output), Some(reasoning)) = (usage.output, usage.reasoning) else {
        return usage;
    };
    let input = usage.input.unwrap_or_default();
    let is_beside = usage.total.map_or(reasoning_beside, |total| {
        total == input + output + reasoning
    });
    if reasoning > 0 && is_beside {
        usage.output = Some(output + reasoning);
    } else if reasoning > output {
        // More reasoning than output with a total that leaves no room for it: the total is trusted.
        usage.reasoning = Some(output);
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(counts: [Option<u64>; 5]) -> TokenUsage {
        let [input, output, total, cached, reasoning] = counts;
        TokenUsage {
            input,
            output,
            total,
            cached,
            reasoning,
        }
    }

    #[test]
    fn every_vendors_place_is_read() {
        let table: &[(&str, [Option<u64>; 5])] = &[
            (
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3}}"#,
                [Some(10), Some(5), Some(15), Some(4), Some(3)],
            ),
            (
                r#"{"input_tokens":10,"output_tokens":5,"total_tokens":15,"input_tokens_details":{"cached_tokens":4},"output_tokens_details":{"reasoning_tokens":0}}"#,
                [Some(10), Some(5), Some(15), Some(4), Some(0)],
            ),
            (
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":22,"completion_tokens_details":{"reasoning_tokens":7}}"#,
                [Some(10), Some(12), Some(22), None, Some(7)],
            ),
            (
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":7}}"#,
                [Some(10), Some(5), Some(15), None, Some(5)],
            ),
            (
                r#"{"prompt_tokens":10,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}"#,
                [Some(10), None, None, Some(6), None],
            ),
            (
                r#"{"prompt_tokens":10,"num_cached_tokens":6}"#,
                [Some(10), None, None, Some(6), None],
            ),
            (
                r#"{"prompt_tokens":10,"cached_tokens":6}"#,
                [Some(10), None, None, Some(6), None],
            ),
            (
                r#"{"prompt_tokens":10,"cache_read_input_tokens":6}"#,
                [Some(10), None, None, Some(6), None],
            ),
            (
                r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#,
                [Some(0), Some(0), Some(0), None, None],
            ),
            (
                r#"{"prompt_tokens":12.0,"completion_tokens":null,"prompt_tokens_details":null}"#,
                [Some(12), None, None, None, None],
            ),
        ];
        for (json, counts) in table {
            assert_eq!(read(json.as_bytes(), false), Some(usage(*counts)), "{json}");
        }
    }

    #[test]
    fn what_cannot_be_a_count_is_not_said() {
        for json in [
            "null",
            "{}",
            "[]",
            "3",
            r#"{"prompt_tokens":-1}"#,
            r#"{"prompt_tokens":1.5}"#,
            r#"{"prompt_tokens":"7"}"#,
            r#"{"prompt_tokens":99999999999999999999999}"#,
            r#"{"prompt_tokens":1e400}"#,
            r#"{"completion_tokens":18446744073709551615,"completion_tokens_details":{"reasoning_tokens":2}"#,
        ] {
            assert_eq!(read(json.as_bytes(), false), None, "{json}");
        }
    }

    #[test]
    fn reasoning_beside_the_completion_is_added_without_a_total_where_the_vendor_does_so() {
        let json = br#"{"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":3}}"#;
        assert_eq!(
            read(json, true),
            Some(usage([None, Some(8), None, None, Some(3)]))
        );
        assert_eq!(
            read(json, false),
            Some(usage([None, Some(5), None, None, Some(3)]))
        );
    }

    #[test]
    fn later_reports_win_and_nothing_written_is_lost() {
        let first = usage([Some(10), Some(7), Some(17), Some(2), None]);
        let second = usage([Some(9), Some(3), None, None, Some(1)]);
        assert_eq!(
            merge(first, second),
            usage([Some(9), Some(7), Some(17), Some(2), Some(1)])
        );
        let zeros = usage([Some(0), Some(0), Some(0), Some(0), Some(0)]);
        assert_eq!(
            merge(first, zeros),
            usage([Some(10), Some(7), Some(17), Some(0), Some(0)])
        );
        assert_eq!(merge(TokenUsage::default(), zeros), zeros);
    }
}
