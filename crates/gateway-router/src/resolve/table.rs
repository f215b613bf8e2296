//! What resolution knows besides the catalogue: providers, aliases, order and policy. Built once, then read only.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use gateway_providers::provider::SharedProvider;

use super::{
    alias::{Alias, AliasTarget, Aliases, Route, RouteTarget},
    policy::ModelPolicy,
    pool::{Pool, Strategy},
};

/// The longest text that is compared with providers' names.
const LONGEST_NAME: usize = 128;

/// What a [`RoutingTable`] is made of.
#[derive(Debug, Default)]
pub struct TableParts {
    /// The configured providers in their order. Names are unique without regard to case and hold no slash and no `#`.
    /// The accounts of one provider ([`Provider::account`](gateway_providers::Provider::account)) have one name and stand one behind the other.
    pub providers: Vec<SharedProvider>,
    /// The aliases in their order. With nothing configured, the caller gives the demo's `default` here.
    pub aliases: Vec<Alias>,
    /// What `default` stands for when no alias is called so: any other spelling of a model (`DEFAULT_MODEL`).
    pub default_model: Option<String>,
    /// Which provider is preferred when several list one model; those that are not named follow in their own
    /// order, names of providers that are not configured are passed over.
    pub default_order: Vec<String>,
    /// Which models may be used.
    pub policy: ModelPolicy,
    /// Whether the only provider gets every model's name verbatim.
    pub single_backend: bool,
    /// Vendors that could be configured and are not.
    pub known_vendors: Vec<KnownVendor>,
}

/// A vendor that is known and not configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownVendor {
    /// Its id, e.g. `groq`.
    pub id: String,
    /// What switches it on, as the end of a sentence, e.g. ``set `GROQ_API_KEY` ``.
    pub needs: String,
}

/// Why parts make no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A provider's name is empty, too long (128 bytes) or has a slash or a `#` in it.
    #[error("`{0}` cannot be a provider's name: it must be 1 to 128 bytes without `/` and `#`")]
    ProviderName(String),
    /// Two providers have one name.
    #[error("two providers are named `{0}` (case does not count)")]
    DuplicateProvider(String),
    /// Single-backend mode needs exactly one provider.
    #[error("single-backend mode needs exactly one provider, there are {0}")]
    NotOneBackend(usize),
    /// An alias has no name, or more than one `*`.
    #[error("`{0}` cannot be an alias: it must not be empty and have at most one `*`")]
    AliasName(String),
    /// Two aliases have one name.
    #[error("two aliases are named `{0}`")]
    DuplicateAlias(String),
    /// An alias has no target.
    #[error("the alias `{0}` has no target")]
    NoTarget(String),
    /// A target names no configured provider.
    #[error("the alias `{alias}` has a target at `{provider}`, which is not configured")]
    UnknownTarget {
        /// The alias.
        alias: String,
        /// The name in the target.
        provider: String,
    },
}

/// Providers, aliases, order and policy, indexed for look-up.
#[derive(Debug)]
pub struct RoutingTable {
    /// Of several accounts the first.
    providers: Vec<SharedProvider>,
    /// By place: all accounts of the provider, itself among them.
    accounts: Vec<Box<[SharedProvider]>>,
    /// By name in lower case, since case does not count.
    places: HashMap<String, usize>,
    /// By place: how far back in the default order.
    ranks: Vec<usize>,
    aliases: Aliases,
    default_model: Option<String>,
    policy: ModelPolicy,
    single_backend: bool,
    known_vendors: Vec<KnownVendor>,
}

impl RoutingTable {
    /// Checks the parts and indexes them.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn new(parts: TableParts) -> Result<Self, TableError> {
        let accounts = grouped(parts.providers);
        let providers: Vec<SharedProvider> = accounts
            .iter()
            .filter_map(|accounts| accounts.first().cloned())
            .collect();
        if parts.single_backend && providers.len() != 1 {
            return Err(TableError::NotOneBackend(providers.len()));
        }
        let places = index(&providers)?;
        let ranks = ranks(&providers, &parts.default_order);
        let mut aliases = Aliases::default();
        for alias in parts.aliases {
            check_name(&alias.name)?;
            let route = route(&alias, (&providers, &places))?;
            aliases
                .add(alias.name, route)
                .map_err(TableError::DuplicateAlias)?;
        }
        Ok(Self {
            providers,
            accounts,
            places,
            ranks,
            aliases,
            default_model: parts.default_model,
            policy: parts.policy,
            single_backend: parts.single_backend,
            known_vendors: parts.known_vendors,
        })
    }

    /// The configured providers in their order; of several accounts the first.
    pub fn providers(&self) -> &[SharedProvider] {
        &self.providers
    }

    /// All accounts of all providers, in the providers' order.
    pub fn every_account(&self) -> impl Iterator<Item = &SharedProvider> {
        self.accounts.iter().flatten()
    }

    /// The accounts of each provider, in the providers' order.
    pub(crate) fn grouped_accounts(&self) -> impl Iterator<Item = Box<[SharedProvider]>> {
        self.accounts.iter().cloned()
    }

    /// Goes on measuring where an older table left off: at targets of the same alias, at the very same provider.
    pub(crate) fn take_over_paces(&mut self, old: &Self) {
        let stays = |new: usize, old_place: usize| {
            let provider = self.providers.get(new).zip(old.providers.get(old_place));
            provider.is_some_and(|(new, old)| Arc::ptr_eq(new, old))
        };
        self.aliases.take_over_paces(&old.aliases, stays);
    }

    /// All accounts of the provider of exactly that name, in their order: one, unless it has several credentials. Empty
    /// for a name that is not configured.
    pub fn accounts(&self, name: &str) -> &[SharedProvider] {
        let place = self.exact_provider(name);
        place
            .and_then(|place| self.accounts.get(place))
            .map_or(&[], |accounts| &**accounts)
    }

    /// The policy.
    pub fn policy(&self) -> &ModelPolicy {
        &self.policy
    }

    /// Whether the only provider gets every name verbatim.
    pub fn is_single_backend(&self) -> bool {
        self.single_backend
    }

    /// What `default` stands for when no alias is called so.
    pub fn default_model(&self) -> Option<&str> {
        self.default_model.as_deref()
    }

    /// The place of the provider of that name, without regard to ASCII case.
    pub fn provider(&self, name: &str) -> Option<usize> {
        if name.len() > LONGEST_NAME {
            return None;
        }
        self.places.get(&*folded(name)).copied()
    }

    pub(crate) fn exact_provider(&self, name: &str) -> Option<usize> {
        let place = self.provider(name)?;
        (self.name_of(place) == name).then_some(place)
    }

    pub(crate) fn name_of(&self, place: usize) -> &str {
        self.providers
            .get(place)
            .map_or("", |provider| provider.name())
    }

    pub(crate) fn rank(&self, place: usize) -> usize {
        self.ranks.get(place).copied().unwrap_or(usize::MAX)
    }

    pub(crate) fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// The vendor of that id, if it is known and not configured.
    pub(crate) fn known_vendor(&self, id: &str) -> Option<&KnownVendor> {
        self.known_vendors
            .iter()
            .find(|vendor| vendor.id.eq_ignore_ascii_case(id))
    }
}

/// Neighbours of one name that are different accounts of it, put together.
fn grouped(providers: Vec<SharedProvider>) -> Vec<Box<[SharedProvider]>> {
    let mut groups: Vec<Vec<SharedProvider>> = Vec::with_capacity(providers.len());
    for provider in providers {
        let belongs = |group: &&mut Vec<SharedProvider>| {
            provider.account().is_some()
                && group.iter().all(|other| {
                    other.name() == provider.name()
                        && other.account().is_some()
                        && other.account() != provider.account()
                })
        };
        match groups.last_mut().filter(belongs) {
            Some(group) => group.push(provider),
            None => groups.push(vec![provider]),
        }
    }
    groups.into_iter().map(Vec::into_boxed_slice).collect()
}

fn index(providers: &[SharedProvider]) -> Result<HashMap<String, usize>, TableError> {
    let mut places = HashMap::with_capacity(providers.len());
    for (place, provider) in providers.iter().enumerate() {
        let name = provider.name();
        if name.is_empty() || name.len() > LONGEST_NAME || name.contains(['/', '#']) {
            return Err(TableError::ProviderName(name.to_owned()));
        }
        if places.insert(folded(name).into_owned(), place).is_some() {
            return Err(TableError::DuplicateProvider(name.to_owned()));
        }
    }
    Ok(places)
}

/// In lower case; most names are already.
fn folded(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

fn ranks(providers: &[SharedProvider], order: &[String]) -> Vec<usize> {
    providers
        .iter()
        .enumerate()
        .map(|(place, provider)| {
            let named = order
                .iter()
                .position(|name| name.eq_ignore_ascii_case(provider.name()));
            named.unwrap_or(order.len() + place)
        })
        .collect()
}

fn check_name(name: &str) -> Result<(), TableError> {
    if name.is_empty() || name.matches('*').count() > 1 {
        return Err(TableError::AliasName(name.to_owned()));
    }
    Ok(())
}

fn route(
    alias: &Alias,
    (providers, places): (&[SharedProvider], &HashMap<String, usize>),
) -> Result<Route, TableError> {
    if alias.targets.is_empty() {
        return Err(TableError::NoTarget(alias.name.clone()));
    }
    let place = |target: &AliasTarget| {
        let is_so_named = |place: &&usize| {
            let provider = providers.get(**place);
            provider.is_some_and(|provider| provider.name() == target.provider)
        };
        places
            .get(&*folded(&target.provider))
            .filter(is_so_named)
            .copied()
            .ok_or_else(|| TableError::UnknownTarget {
                alias: alias.name.clone(),
                provider: target.provider.clone(),
            })
    };
    let measured = alias.strategy == Strategy::LeastLatency;
    let targets = alias
        .targets
        .iter()
        .map(|target| {
            Ok(RouteTarget {
                provider: place(target)?,
                model: target.model.clone(),
                weight: target.weight,
                overrides: target.overrides.clone(),
                pace: measured.then(Arc::default),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Route {
        targets,
        hidden: alias.hidden,
        pool: Arc::new(Pool::new(&alias.name, alias.strategy, alias.settings)),
    })
}
