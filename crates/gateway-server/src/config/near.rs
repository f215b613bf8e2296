//! "Did you mean ...?"

/// The candidate that is nearest to what was written, if one is near enough to be meant: at most a third of its
/// letters differ, a swap of neighbours counting as one.
pub(crate) fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let normal = |text: &str| text.to_ascii_lowercase().replace('-', "_");
    let written = normal(written);
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, &normal(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Damerau and Levenshtein's distance, without edits inside a swapped pair.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut left_before = None;
    for (row, left_char) in left.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, right_char) in right.iter().copied().enumerate() {
            let at =
                |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let replace = at(&last, column) + usize::from(left_char != right_char);
            let mut best = replace
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let right_before = column
                .checked_sub(1)
                .and_then(|before| right.get(before).copied());
            if left_before == Some(right_char) && right_before == Some(left_char) {
                best = best.min(at(&before_last, column - 1) + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        left_before = Some(left_char);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["listen", "tls", "base_url", "api_key"];
        for (written, meant) in [
            ("lsiten", Some("listen")),
            ("listn", Some("listen")),
            ("base-url", Some("base_url")),
            ("API_KEY", Some("api_key")),
            ("tsl", Some("tls")),
            ("port", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
