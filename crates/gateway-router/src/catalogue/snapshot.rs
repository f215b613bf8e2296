//! All providers' lists at one moment, indexed by id. Never changes; a newer one takes its place.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use tokio::time::Instant;

use super::list::ProviderList;
use crate::resolve::NearNames;

/// All providers' lists at one moment.
#[derive(Debug, Default)]
pub struct CatalogueSnapshot {
    lists: Vec<Arc<ProviderList>>,
    /// Upstream id to the places of the providers that list it, in their configured order.
    by_id: HashMap<Arc<str>, Vec<usize>>,
    pending: bool,
    /// When the first list should be fetched again; `None` is at once. Every request asks.
    next_due: Option<Instant>,
    /// The ids by their spelling; made where a name is first looked for that nobody lists.
    near: OnceLock<NearNames>,
}

impl CatalogueSnapshot {
    /// Indexes lists that stand in the order of the configured providers.
    pub fn new(lists: Vec<Arc<ProviderList>>) -> Self {
        let mut by_id: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for (place, list) in lists.iter().enumerate() {
            for model in list.models() {
                by_id.entry(model.id.clone()).or_default().push(place);
            }
        }
        let pending = lists.iter().any(|list| list.is_pending());
        let next_due = lists.iter().map(|list| list.due()).min().flatten();
        Self {
            lists,
            by_id,
            pending,
            next_due,
            near: OnceLock::new(),
        }
    }

    /// The lists in the order of the configured providers.
    pub fn lists(&self) -> &[Arc<ProviderList>] {
        &self.lists
    }

    /// The list of the provider at that place.
    pub fn list(&self, place: usize) -> Option<&ProviderList> {
        self.lists.get(place).map(|list| &**list)
    }

    /// The places of the providers that list exactly that upstream id, in their configured order.
    pub fn listed_by(&self, id: &str) -> &[usize] {
        self.by_id.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// The upstream ids by their spelling.
    pub(crate) fn near(&self) -> &NearNames {
        self.near.get_or_init(|| NearNames::new(self.every_id()))
    }

    /// Every upstream id once, in the lists' order.
    fn every_id(&self) -> impl Iterator<Item = Arc<str>> + '_ {
        let lists = self.lists.iter().enumerate();
        lists.flat_map(move |(place, list)| {
            let is_first = move |id: &str| self.listed_by(id).first() == Some(&place);
            let ids = list.models().iter().map(|model| &model.id);
            ids.filter(move |id| is_first(id)).map(Arc::clone)
        })
    }

    /// Whether a list was never fetched.
    pub fn any_pending(&self) -> bool {
        self.pending
    }

    /// The id of the only model at that place; `None` when there are none or several.
    pub fn only_model(&self, place: usize) -> Option<&str> {
        match self.list(place)?.models() {
            [only] => Some(&only.id),
            _ => None,
        }
    }

    /// The places of the lists that should be fetched again.
    pub(super) fn due(&self, now: Instant) -> Vec<usize> {
        let due = self
            .lists
            .iter()
            .enumerate()
            .filter(|(_, list)| list.is_due(now));
        due.map(|(place, _)| place).collect()
    }

    /// When the first list should be fetched again; `None` is at once.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.next_due
    }

    /// A snapshot with some lists replaced.
    pub(super) fn with(&self, changes: Vec<(usize, ProviderList)>) -> Self {
        let mut lists = self.lists.clone();
        for (place, list) in changes {
            if let Some(slot) = lists.get_mut(place) {
                *slot = Arc::new(list);
            }
        }
        Self::new(lists)
    }
}
