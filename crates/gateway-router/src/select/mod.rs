//! From a plan to the order in which its targets are asked: the alias's strategy, and the accounts of each target.
//!
//! A plan says who may serve a request; this stage says who is asked first. What comes of an attempt is
//! [`failover`](crate::failover)'s.

mod dice;
mod pace;
mod strategy;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_providers::{call::Timeouts, provider::SharedProvider};

pub use self::pace::Pace;
pub(crate) use self::pace::UnderWay;
use self::{
    dice::Dice,
    strategy::{ordered, rotate},
};
use crate::{
    failover::Health,
    resolve::{Plan, Pool, RoutingTable, Rule, Target},
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
        match &self.pool {
            Some(pool) => pool.settings.timeouts.over(provider),
            None => provider,
        }
    }

    /// After what time without an answer a second target is asked beside the first.
    pub(crate) fn hedge(&self) -> Option<Duration> {
        self.pool.as_ref().and_then(|pool| pool.settings.hedge)
    }
}

/// What the order hangs on beside plan and health.
#[derive(Debug)]
pub(crate) struct Selector {
    dice: Dice,
    /// Whose turn it is, by the name of each provider with several accounts.
    turns: HashMap<String, AtomicUsize>,
}

impl Selector {
    pub(crate) fn new(table: &RoutingTable, seed: Option<u64>) -> Self {
        let several = table
            .providers()
            .iter()
            .filter(|provider| table.accounts(provider.name()).len() > 1);
        Self {
            dice: Dice::new(seed),
            turns: several
                .map(|provider| (provider.name().to_owned(), AtomicUsize::new(0)))
                .collect(),
        }
    }

    /// The order in which a plan's targets are asked now.
    pub(crate) fn select(
        &self,
        plan: Plan,
        stream: bool,
        (table, health): (&RoutingTable, &Health),
    ) -> Selection {
        let pool = plan.pool.clone();
        // The caller's own sequence is an order that nobody changes.
        let reorders = plan.moves_on && plan.matched != Rule::Sequence;
        let targets = plan.into_order();
        let targets = match pool.as_ref().filter(|_| reorders) {
            Some(pool) => ordered(targets, pool, (&self.dice, stream), |target| {
                is_well(target, table, health)
            }),
            None => targets,
        };
        let targets = self.with_accounts(targets, table, health);
        Selection { targets, pool }
    }

    /// Each target through the account whose turn it is, then the same targets through their other accounts: a fault
    /// of the host moves to the next target first. A fault of the credential takes the other accounts of its target
    /// forward, see `Course::siblings_first`.
    fn with_accounts(
        &self,
        targets: Vec<Target>,
        table: &RoutingTable,
        health: &Health,
    ) -> Vec<Target> {
        if targets
            .iter()
            .all(|target| target.provider.account().is_none())
        {
            return targets;
        }
        let mut first = Vec::with_capacity(targets.len());
        let mut others = Vec::new();
        for target in targets {
            let mut ways = self.ways(target, table, health).into_iter();
            first.extend(ways.next());
            others.extend(ways);
        }
        first.append(&mut others);
        first
    }

    /// The target through each of its provider's accounts: those in turn that may be asked, then the others.
    fn ways(&self, target: Target, table: &RoutingTable, health: &Health) -> Vec<Target> {
        let name = target.provider.name();
        let turn = self.turns.get(name);
        let Some(turn) = turn.filter(|_| !target.provider.is_callers_own()) else {
            return vec![target];
        };
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        let ways = table.accounts(name).iter().map(|it| target.through(it));
        let (mut well, mut resting): (Vec<_>, Vec<_>) =
            ways.partition(|way| health.refusal(way).is_none());
        rotate(&mut well, turn);
        well.append(&mut resting);
        well
    }
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

impl Target {
    /// The same target through another account of its provider.
    fn through(&self, account: &SharedProvider) -> Self {
        Self {
            provider: Arc::clone(account),
            ..self.clone()
        }
    }

    /// Whether it is the same model at the same provider through another account.
    pub(crate) fn is_sibling_of(&self, other: &Self) -> bool {
        self.is_same_place(other) && self.provider.account() != other.provider.account()
    }

    /// Whether it is the same model at the same provider, through whatever account.
    pub(crate) fn is_same_place(&self, other: &Self) -> bool {
        self.provider.name() == other.provider.name() && self.model == other.model
    }
}
