//! What to tell somebody whose model was not found. Only names that the gateway lists anyway are shown.

use super::{rules::DEFAULT, table::RoutingTable};
use crate::catalogue::{CatalogueSnapshot, ProviderList};

/// Names longer than this get no suggestions: the comparison must stay cheap for every input.
const LONGEST: usize = 64;
/// How many names are compared at most.
const MOST_NAMES: usize = 4_000;
/// How many suggestions are made at most.
const MOST_SUGGESTIONS: usize = 3;

/// The best hint for a name that leads nowhere.
pub(super) fn for_missing(
    model: &str,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> String {
    if model == DEFAULT {
        return "No default model is set: set `DEFAULT_MODEL`, or give an alias named `default`."
            .to_owned();
    }
    let vendor = model
        .split_once('/')
        .and_then(|(prefix, _)| table.known_vendor(prefix));
    if let Some(vendor) = vendor {
        return format!(
            "The provider `{}` is not configured: {}.",
            vendor.id, vendor.needs
        );
    }
    let near = near_names(model, table, catalogue);
    if near.is_empty() {
        return "Name it as `provider/model` or add `?provider=`; `GET /v1/models` lists what there is."
            .to_owned();
    }
    format!("Did you mean `{}`?", near.join("`, `"))
}

/// Names that are a few characters away, the nearest first.
fn near_names(model: &str, table: &RoutingTable, catalogue: &CatalogueSnapshot) -> Vec<String> {
    // A name can be as long as a request's body: only its beginning is looked at.
    let wanted: Vec<char> = model
        .chars()
        .flat_map(char::to_lowercase)
        .take(LONGEST + 1)
        .collect();
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let limit = (wanted.len() / 4).clamp(1, 3);
    let mut near: Vec<(usize, String)> = Vec::new();
    for alias in table.aliases().listed().take(MOST_NAMES) {
        let permitted = || table.policy().permits_alias(alias, alias);
        let far = distance(&wanted, alias, limit).filter(|_| permitted());
        near.extend(far.map(|far| (far, alias.to_owned())));
    }
    let listed = table
        .providers()
        .iter()
        .enumerate()
        .flat_map(|(place, provider)| {
            let models = catalogue
                .list(place)
                .map(ProviderList::models)
                .unwrap_or_default();
            models
                .iter()
                .map(move |listed| (provider.name(), &*listed.id))
        });
    for (provider, id) in listed.take(MOST_NAMES) {
        let published = || format!("{provider}/{id}");
        let far = distance(&wanted, id, limit).or_else(|| {
            let length = provider.len() + 1 + id.len();
            may_be_near(&wanted, length, id.is_ascii(), limit)
                .then(|| distance(&wanted, &published(), limit))?
        });
        let permitted = || table.policy().permits_model(provider, id);
        near.extend(far.filter(|_| permitted()).map(|far| (far, published())));
    }
    near.sort();
    near.into_iter()
        .map(|(_, name)| name)
        .take(MOST_SUGGESTIONS)
        .collect()
}

/// Whether a name of so many bytes can be within the limit: most names are ruled out by that alone.
fn may_be_near(wanted: &[char], bytes: usize, ascii: bool, limit: usize) -> bool {
    // A character is at most four bytes.
    let most = (wanted.len() + limit) * if ascii { 1 } else { 4 };
    bytes <= most && bytes + limit >= wanted.len()
}

/// The edit distance without regard to case, if it is within the limit.
fn distance(wanted: &[char], name: &str, limit: usize) -> Option<usize> {
    if !may_be_near(wanted, name.len(), name.is_ascii(), limit) {
        return None;
    }
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (index, a) in wanted.iter().enumerate() {
        row = next_row(&row, index + 1, *a, &name);
        if row.iter().min().is_none_or(|best| *best > limit) {
            return None;
        }
    }
    row.last().copied().filter(|far| *far <= limit)
}

/// One row of Levenshtein's table.
fn next_row(above: &[usize], first: usize, a: char, name: &[char]) -> Vec<usize> {
    let mut row = Vec::with_capacity(above.len());
    row.push(first);
    let mut left = first;
    for (pair, b) in above.windows(2).zip(name) {
        let &[diagonal, up] = pair else { continue };
        left = (up + 1).min(left + 1).min(diagonal + usize::from(a != *b));
        row.push(left);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far(a: &str, b: &str) -> Option<usize> {
        distance(&a.to_lowercase().chars().collect::<Vec<_>>(), b, 3)
    }

    #[test]
    fn distances_are_counted_up_to_the_limit() {
        assert_eq!(far("gpt-4o", "GPT-4o"), Some(0));
        assert_eq!(far("gpt4o", "gpt-4o"), Some(1));
        assert_eq!(far("kitten", "sitting"), Some(3));
        assert_eq!(far("gpt-4o", "claude"), None);
        assert_eq!(far("", "abc"), Some(3));
        assert_eq!(far("ü", "u"), Some(1));
    }
}
