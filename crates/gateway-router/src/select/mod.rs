//! From a plan to the order in which its targets are asked: the alias's strategy, and the accounts of each target.
//!
//! A plan says who may serve a request; this stage says who is asked first. What comes of an attempt is
//! [`failover`](crate::failover)'s.

use std::sync::Arc;

use gateway_providers::{call::Timeouts, provider::SharedProvider};

use crate::{
    failover::Health,
    resolve::{Plan, Pool, RoutingTable, Target},
};

/// Who is asked, in which order.
#[derive(Debug)]
pub(crate) struct Selection {
    /// The targets in their order, each with its account; at least one.
    pub(crate) targets: Vec<Target>,
    /// The alias that they come from.
    pub(crate) pool: Option<Arc<Pool>>,
}

impl Selection {
    /// How long the phases of a call may take, where the provider says this.
    pub(crate) fn timeouts(&self, provider: Timeouts) -> Timeouts {
        let own = self.pool.as_ref().map(|pool| pool.settings.timeouts);
        own.unwrap_or_default().over(provider)
    }
}

/// The order in which a plan's targets are asked now.
pub(crate) fn select(plan: Plan, table: &RoutingTable, health: &Health) -> Selection {
    let pool = plan.pool.clone();
    let targets = with_accounts(plan.into_order(), table, health);
    Selection { targets, pool }
}

/// Each target with its account that may be asked now, then the same targets with their other accounts: a fault of
/// the host moves to the next target first. A fault of the credential takes the other accounts of its target forward,
/// see [`siblings_first`].
fn with_accounts(targets: Vec<Target>, table: &RoutingTable, health: &Health) -> Vec<Target> {
    if targets
        .iter()
        .all(|target| target.provider.account().is_none())
    {
        return targets;
    }
    let mut first = Vec::with_capacity(targets.len());
    let mut others = Vec::new();
    for target in targets {
        let accounts = table.accounts(target.provider.name());
        if accounts.len() < 2 {
            first.push(target);
            continue;
        }
        let mut ways: Vec<Target> = accounts.iter().map(|it| target.through(it)).collect();
        let well = ways.iter().position(|way| health.refusal(way).is_none());
        ways.rotate_left(well.unwrap_or(0));
        let mut ways = ways.into_iter();
        first.extend(ways.next());
        others.extend(ways);
    }
    first.append(&mut others);
    first
}

/// Whether the target may be asked now, through one account at least.
pub(crate) fn is_well(target: &Target, table: &RoutingTable, health: &Health) -> bool {
    if target.provider.account().is_none() {
        return health.refusal(target).is_none();
    }
    let accounts = table.accounts(target.provider.name()).iter();
    accounts
        .map(|account| target.through(account))
        .any(|way| health.refusal(&way).is_none())
}

/// Takes the other accounts of this target to the front, the rest staying in its order.
pub(crate) fn siblings_first(target: &Target, later: &mut [Target]) {
    later.sort_by_key(|other| !other.is_sibling_of(target));
}

impl Target {
    /// The same target through another account of its provider.
    fn through(&self, account: &SharedProvider) -> Self {
        Self {
            provider: Arc::clone(account),
            ..self.clone()
        }
    }

    /// Whether it is the same model at the same provider through another account.
    fn is_sibling_of(&self, other: &Self) -> bool {
        self.provider.name() == other.provider.name()
            && self.model == other.model
            && self.provider.account() != other.provider.account()
    }
}
