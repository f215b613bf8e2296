//! What an older router leaves to the one that takes its place: the state of providers that are in both.
//!
//! The very same provider is meant, not one of the same name: whoever changes a provider's place or credential makes a
//! new one, of which nothing is known yet, and to which nothing of the other one is given.

use std::collections::HashSet;

use gateway_providers::provider::SharedProvider;

use crate::resolve::RoutingTable;

/// Which object a provider is. An account is an object of its own. It is unique for as long as the object, or a weak
/// reference to it, is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(usize);

impl Identity {
    pub(crate) fn of(provider: &SharedProvider) -> Self {
        Self(std::sync::Arc::as_ptr(provider).cast::<()>().addr())
    }
}

/// The providers that two routers share.
#[derive(Debug)]
pub(crate) struct Kept<'new> {
    accounts: HashSet<Identity>,
    names: HashSet<&'new str>,
}

impl<'new> Kept<'new> {
    /// Of an older and a newer router, by their tables.
    pub(crate) fn between(old: &RoutingTable, new: &'new RoutingTable) -> Self {
        let olds: HashSet<Identity> = old.every_account().map(Identity::of).collect();
        let both = || {
            new.every_account()
                .filter(|provider| olds.contains(&Identity::of(provider)))
        };
        Self {
            accounts: both().map(Identity::of).collect(),
            names: both().map(|provider| provider.name()).collect(),
        }
    }

    /// Whether this account is in both.
    pub(crate) fn has_account(&self, account: Identity) -> bool {
        self.accounts.contains(&account)
    }

    /// Whether an account of the provider of that name is in both.
    pub(crate) fn has_name(&self, provider: &str) -> bool {
        self.names.contains(provider)
    }
}
