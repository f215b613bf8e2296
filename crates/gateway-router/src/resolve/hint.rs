//! What to tell somebody whose model was not found. Only names that the gateway lists anyway are shown, and however many
//! there are, a few of them are looked at: anybody may ask for a model that does not exist.

use super::{near::Yardstick, rules::DEFAULT, table::RoutingTable};
use crate::catalogue::CatalogueSnapshot;

/// Names longer than this get no suggestions, in characters: the comparison must stay cheap for every input.
const LONGEST: usize = 64;
/// Of how many providers that list one model the names are compared.
const MOST_PROVIDERS: usize = 8;
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

/// A name that may be meant. The order is that of the suggestions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Near<'a> {
    far: usize,
    /// `None` for an alias.
    provider: Option<&'a str>,
    name: &'a str,
}

impl Near<'_> {
    fn is_permitted(&self, table: &RoutingTable) -> bool {
        let policy = table.policy();
        match self.provider {
            Some(provider) => policy.permits_model(provider, self.name),
            None => policy.permits_alias(self.name, self.name),
        }
    }

    fn published(&self) -> String {
        match self.provider {
            Some(provider) => format!("{provider}/{}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Names that are a few characters away, the nearest first.
fn near_names(model: &str, table: &RoutingTable, catalogue: &CatalogueSnapshot) -> Vec<String> {
    let Some(wanted) = comparable(model) else {
        return Vec::new();
    };
    let limit = (wanted.chars().count() / 4).clamp(1, 3);
    let mut yardstick = Yardstick::new(&wanted, limit);
    let mut near = near_aliases(&wanted, &mut yardstick, table);
    near.extend(near_models(&wanted, &mut yardstick, table, catalogue));
    near.sort_unstable();
    near.dedup();
    let permitted = near.iter().filter(|near| near.is_permitted(table));
    permitted
        .map(Near::published)
        .take(MOST_SUGGESTIONS)
        .collect()
}

/// The name in lower case; `None` where it is too long. It can be as long as a request's body, of which only the
/// beginning is looked at.
fn comparable(model: &str) -> Option<String> {
    let folded = model.chars().flat_map(char::to_lowercase);
    let folded: String = folded.take(LONGEST + 1).collect();
    folded.chars().nth(LONGEST).is_none().then_some(folded)
}

fn near_aliases<'a>(
    wanted: &str,
    yardstick: &mut Yardstick,
    table: &'a RoutingTable,
) -> Vec<Near<'a>> {
    let around = table.aliases().near().around(wanted);
    around
        .filter_map(|name| {
            let far = yardstick.distance(&[name])?;
            Some(Near {
                far,
                provider: None,
                name,
            })
        })
        .collect()
}

/// Models under their upstream's id and as this gateway publishes them, `provider/id`.
fn near_models<'a>(
    wanted: &str,
    yardstick: &mut Yardstick,
    table: &'a RoutingTable,
    catalogue: &'a CatalogueSnapshot,
) -> Vec<Near<'a>> {
    let index = catalogue.near();
    // Behind a provider's name, misspelt as it may be, stands the id.
    let id = wanted.split_once('/').map(|(_, id)| id);
    let around = index
        .around(wanted)
        .chain(id.into_iter().flat_map(|id| index.around(id)));
    let mut near = Vec::new();
    for name in around {
        let as_listed = yardstick.distance(&[name]);
        let places = catalogue.listed_by(name).iter().take(MOST_PROVIDERS);
        for provider in places.map(|&place| table.name_of(place)) {
            let far = as_listed.or_else(|| yardstick.distance(&[provider, "/", name]));
            near.extend(far.map(|far| Near {
                far,
                provider: Some(provider),
                name,
            }));
        }
    }
    near
}
