//! The answers of `GET /v1/models` and `GET /v1/models/{id}`, from a snapshot. Pure.
//!
//! Several providers: every id is `provider/id`, `served_by` says who serves it, unknown members keep their
//! bytes, and the aliases come first. One backend: the upstream's own bytes.

#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    catalogue::{CatalogueModel, CatalogueSnapshot, ListFailure, ListState, ProviderList},
    resolve::{
        DEFAULT, Found, Located, Patience, ResolveError, RoutingTable, Rule, locate, not_found,
        patience_for_listed, permitted, unknown_provider,
    },
};

/// Who is said to own an alias.
const ALIAS_OWNER: &str = "gateway";

/// Why there is no list, or no such model.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ListError {
    /// The name leads nowhere, or may not be used.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The only provider that was asked gave no list; [`ListFailure::status`] has the status, 502 or 504.
    #[error("The models of the provider `{provider}` cannot be listed now.")]
    Unavailable {
        /// The provider's name.
        provider: String,
        /// What happened: for the log.
        failure: ListFailure,
    },
}

/// A result, and whether to wait for lists that may change it.
pub(crate) type Outlook<T> = (Result<T, ListError>, Patience);

/// The answer of `GET /v1/models`, of one provider's models where `?provider=` names one.
pub(crate) fn list(
    provider_query: Option<&str>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Outlook<Bytes> {
    if let Some(name) = provider_query.filter(|name| !name.is_empty()) {
        return match table.provider(name) {
            Some(place) => of_one(place, table, catalogue),
            None => (Err(unknown_provider(name, table).into()), Patience::None),
        };
    }
    if table.is_single_backend() {
        return of_one(0, table, catalogue);
    }
    let patience = if catalogue.any_pending() {
        Patience::Long
    } else {
        Patience::None
    };
    (Ok(of_all(table, catalogue)), patience)
}

/// All aliases and all models that may be used. A provider without a list is left out.
fn of_all(table: &RoutingTable, catalogue: &CatalogueSnapshot) -> Bytes {
    let policy = table.policy();
    let mut answer = Answer::new(None);
    if default_stands(table, catalogue) {
        answer.push(alias_object(DEFAULT).as_bytes());
    }
    for name in table
        .aliases()
        .listed()
        .filter(|name| policy.permits_alias(name, name))
    {
        answer.push(alias_object(name).as_bytes());
    }
    for (provider, list) in table.providers().iter().zip(catalogue.lists()) {
        for model in list.models() {
            let shadowed = table
                .aliases()
                .contains(&format!("{}/{}", provider.name(), model.id));
            if !shadowed && policy.permits_model(provider.name(), &model.id) {
                answer.push(&model.published);
            }
        }
    }
    answer.finish()
}

/// Whether `default` is no alias of its own and leads somewhere nevertheless.
fn default_stands(table: &RoutingTable, catalogue: &CatalogueSnapshot) -> bool {
    let found = locate(DEFAULT, None, table, catalogue).found;
    let permitted = found.and_then(|found| permitted(DEFAULT, found, table));
    permitted.is_ok_and(|found| found.rule == Rule::Default)
}

/// One provider's models; of the single backend its own bytes, as long as the policy leaves nothing out.
fn of_one(place: usize, table: &RoutingTable, catalogue: &CatalogueSnapshot) -> Outlook<Bytes> {
    let provider = table.name_of(place);
    let Some(list) = catalogue.list(place) else {
        return (Err(ResolveError::NoBackend.into()), Patience::None);
    };
    if !list.has_come() {
        let (error, patience) = unavailable(provider, list);
        return (Err(error), patience);
    }
    let single = table.is_single_backend();
    if let Some(raw) = list.raw().filter(|_| single && table.policy().is_open()) {
        return (Ok(raw.clone()), Patience::None);
    }
    let mut answer = Answer::new((!single).then_some(provider));
    for model in list.models() {
        if table.policy().permits_model(provider, &model.id) {
            answer.push(shape(model, single));
        }
    }
    (Ok(answer.finish()), Patience::None)
}

/// The answer of `GET /v1/models/{id}` for any spelling that a request may use as `model`.
pub(crate) fn find(
    id: &str,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Outlook<Bytes> {
    let Located { found, patience } = locate(id, None, table, catalogue);
    let by_listing = found.as_ref().is_ok_and(|found| found.by_listing);
    let found = match found.and_then(|found| permitted(id, found, table)) {
        Ok(found) => found,
        Err(error) if by_listing => {
            return (
                Err(error.into()),
                patience_for_listed(None, table, catalogue),
            );
        }
        Err(error) => return (Err(error.into()), patience),
    };
    if found.alias.is_some() || found.rule == Rule::Default {
        return (Ok(alias_object(id).into()), patience);
    }
    match first_listed(&found, catalogue) {
        Some(model) => (
            Ok(shape(model, table.is_single_backend()).clone()),
            patience,
        ),
        None => {
            let (error, own) = missing(id, &found, table, catalogue);
            // What a pending list might still have is no answer yet.
            (
                Err(error),
                if patience == Patience::None {
                    own
                } else {
                    Patience::Long
                },
            )
        }
    }
}

fn first_listed<'a>(
    found: &Found<'_>,
    catalogue: &'a CatalogueSnapshot,
) -> Option<&'a CatalogueModel> {
    found
        .choices
        .iter()
        .find_map(|choice| catalogue.list(choice.provider)?.model(&choice.model))
}

/// The name leads to a provider that does not list it: not found, if its list is there at all.
fn missing(
    id: &str,
    found: &Found<'_>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> (ListError, Patience) {
    let without_list = found.choices.iter().find_map(|choice| {
        let list = catalogue.list(choice.provider)?;
        (!list.has_come()).then(|| (table.name_of(choice.provider), list))
    });
    match without_list {
        Some((provider, list)) => unavailable(provider, list),
        None => (not_found(id, table, catalogue).into(), Patience::None),
    }
}

/// No list has ever come: worth a wait when an attempt is due, otherwise the newest failure.
fn unavailable(provider: &str, list: &ProviderList) -> (ListError, Patience) {
    let failure = match list.state() {
        ListState::Failed(failure) => failure.clone(),
        ListState::Pending | ListState::Listed => ListFailure::NotYet,
    };
    let patience = if list.is_awaited() {
        Patience::Long
    } else {
        Patience::None
    };
    (
        ListError::Unavailable {
            provider: provider.to_owned(),
            failure,
        },
        patience,
    )
}

fn shape(model: &CatalogueModel, single_backend: bool) -> &Bytes {
    if single_backend {
        &model.raw
    } else {
        &model.published
    }
}

fn alias_object(name: &str) -> String {
    // A string always becomes a JSON literal.
    let id = serde_json::to_string(name).unwrap_or_default();
    format!(
        r#"{{"id":{id},"object":"model","created":0,"owned_by":"{ALIAS_OWNER}","served_by":"{ALIAS_OWNER}"}}"#
    )
}

/// A list that is being written.
struct Answer {
    bytes: BytesMut,
    empty: bool,
}

impl Answer {
    fn new(provider: Option<&str>) -> Self {
        let mut bytes = BytesMut::with_capacity(4096);
        bytes.put_slice(br#"{"object":"list","#);
        if let Some(name) = provider.and_then(|name| serde_json::to_string(name).ok()) {
            bytes.put_slice(br#""provider":"#);
            bytes.put_slice(name.as_bytes());
            bytes.put_u8(b',');
        }
        bytes.put_slice(br#""data":["#);
        Self { bytes, empty: true }
    }

    fn push(&mut self, object: &[u8]) {
        if !std::mem::replace(&mut self.empty, false) {
            self.bytes.put_u8(b',');
        }
        self.bytes.put_slice(object);
    }

    fn finish(mut self) -> Bytes {
        self.bytes.put_slice(b"]}");
        self.bytes.freeze()
    }
}
