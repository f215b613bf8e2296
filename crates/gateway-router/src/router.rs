//! Table, catalogue and attempts put together: the one object that a server holds.

#[cfg(test)]
mod guests;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_providers::{
    call::Timeouts,
    provider::{ProxyRequest, SharedProvider},
};

use crate::{
    affinity::{Affinity, AffinitySettings, BoundState, Conversation, Order, Speaker},
    attempt::{Ask, Attempt, RouteError, Routed},
    catalogue::{Catalogue, CatalogueSettings},
    failover::{Check, Failover, FailoverSettings, Health, RawReply, RouteFailure},
    limits::{Gate, LimitSettings, Limits, Overloaded, Permit},
    listing::{self, ListError, Outlook},
    resolve::{
        Explanation, ModelRequest, Plan, ResolveError, RoutingTable, Seating, TableError,
        TableParts, Target, Verdict, Waits, explain, explain_with_guest, resolve, unknown_provider,
    },
    select::{Selection, Selector},
    succession::Kept,
};

/// How a router behaves in time.
#[derive(Debug, Clone, Default)]
pub struct RouterSettings {
    /// How models are listed.
    pub catalogue: CatalogueSettings,
    /// How long a request waits for lists that have never come.
    pub waits: Waits,
    /// How long a call may take.
    pub timeouts: Timeouts,
    /// How long a call may take at a provider, by its name, where that differs.
    pub provider_timeouts: HashMap<String, Timeouts>,
    /// How many requests each account of a provider is sent at one time, by the provider's name, where there is a limit.
    pub limits: HashMap<String, LimitSettings>,
    /// How often a provider is asked for its models to know whether it is there, by its name, where it is asked at all.
    pub probes: HashMap<String, Duration>,
    /// How a request survives what one upstream does not.
    pub failover: FailoverSettings,
    /// How conversations are kept where they are.
    pub affinity: AffinitySettings,
    /// Makes the random choices repeatable, for tests. Default none: other choices in each process.
    pub seed: Option<u64>,
}

/// From requests to upstream calls. Built once from the configuration; a new configuration makes a new one.
#[derive(Debug)]
pub struct Router {
    table: RoutingTable,
    catalogue: Catalogue,
    selector: Selector,
    failover: Failover,
    affinity: Affinity,
    settings: RouterSettings,
}

impl Router {
    /// Checks the parts. Nothing is fetched yet, see [`warm_up`](Self::warm_up).
    ///
    /// # Errors
    /// As [`RoutingTable::new`].
    pub fn new(parts: TableParts, settings: RouterSettings) -> Result<Self, TableError> {
        Self::assemble(parts, settings, None)
    }

    /// A router that takes the place of an older one. What the older one knows of a provider is known still where it is
    /// the very same provider (the same `Arc`); one that only goes by the same name begins anew, as its credential or
    /// its place may be others. Requests that the older one has begun go on there.
    ///
    /// # Errors
    /// As [`RoutingTable::new`].
    pub fn succeeding(
        old: &Self,
        parts: TableParts,
        settings: RouterSettings,
    ) -> Result<Self, TableError> {
        Self::assemble(parts, settings, Some(old))
    }

    fn assemble(
        parts: TableParts,
        settings: RouterSettings,
        old: Option<&Self>,
    ) -> Result<Self, TableError> {
        let mut table = RoutingTable::new(parts)?;
        let limits = Limits::new(accounts(&table), &settings.limits);
        let (catalogue, failover, affinity) = match old {
            None => (
                Catalogue::with_accounts(table.grouped_accounts(), settings.catalogue),
                Failover::new(names(&table), settings.failover, limits),
                Affinity::new(settings.affinity),
            ),
            Some(old) => {
                table.take_over_paces(&old.table);
                let kept = Kept::between(&old.table, &table);
                let (names, failover) = (names(&table), settings.failover);
                let accounts = table.grouped_accounts();
                (
                    Catalogue::succeeding(&old.catalogue, accounts, settings.catalogue),
                    Failover::succeeding(&old.failover, &kept, names, failover, limits),
                    Affinity::succeeding(&old.affinity, settings.affinity),
                )
            }
        };
        Ok(Self {
            selector: Selector::new(&table, settings.seed),
            table,
            catalogue,
            failover,
            affinity,
            settings,
        })
    }

    /// The accounts that are to be asked again and again whether they are there, see [`check`](Self::check).
    pub fn checks(&self) -> impl Iterator<Item = Check> + '_ {
        let accounts = self.table.every_account();
        accounts.filter_map(|account| {
            Some(Check {
                account: account.clone(),
                every: *self.settings.probes.get(account.name())?,
            })
        })
    }

    /// Asks an account for its model list, and remembers what that says about it as a whole: a list that comes closes
    /// what opened because it could not be reached or refused the credential; one that does not come counts as a
    /// request that failed so. The list itself is not kept. It takes as long as a list may take at most.
    pub async fn check(&self, account: &SharedProvider) -> Attempt {
        let limit = self.settings.catalogue.deadline;
        self.failover.check(account, limit).await
    }

    /// Waits until each list has come or failed once, for so long at most.
    pub async fn warmed(&self, limit: Duration) {
        let pending = self
            .catalogue
            .watch(|catalogue| ((), catalogue.any_pending().then_some(limit)));
        pending.await;
    }

    /// Begins to fetch the models, so that the first request finds them. Inside a tokio runtime; returns at once.
    pub fn warm_up(&self) {
        self.catalogue.snapshot();
    }

    /// What resolution knows.
    pub fn table(&self) -> &RoutingTable {
        &self.table
    }

    /// The configured provider of that name, in any case; for requests that name no model. Of several accounts the first
    /// that may be asked now.
    ///
    /// # Errors
    /// [`ResolveError::UnknownProvider`], [`ResolveError::ProviderNotConfigured`].
    pub fn provider(&self, name: &str) -> Result<SharedProvider, ResolveError> {
        let place = self.table.provider(name);
        let found = place.and_then(|place| self.table.providers().get(place));
        let Some(first) = found else {
            return Err(unknown_provider(name, &self.table));
        };
        let mut accounts = self.table.accounts(first.name()).iter();
        let well = accounts.find(|account| !self.health().refuses_account(account));
        Ok(SharedProvider::clone(well.unwrap_or(first)))
    }

    /// The models of all providers.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Finds the targets of a request. Waits only when a list has never come and could change the answer:
    /// shortly where there is an answer already, longer where there is none ([`Waits`]).
    ///
    /// # Errors
    /// Every [`ResolveError`].
    pub async fn plan(&self, request: &ModelRequest<'_>) -> Result<Plan, ResolveError> {
        let plan = self.catalogue.watch(|catalogue| {
            let Verdict { answer, patience } = resolve(request, &self.table, catalogue);
            (answer, self.settings.waits.of(patience))
        });
        plan.await
    }

    /// What [`plan`](Self::plan) makes of a request as of now, and why. Waits for nothing; see
    /// [`warmed`](Self::warmed).
    pub fn explain(&self, request: &ModelRequest<'_>) -> Explanation {
        explain(request, &self.table, &self.catalogue.peek())
    }

    /// As [`explain`](Self::explain), of [`plan_with_guest`](Self::plan_with_guest).
    pub fn explain_with_guest(
        &self,
        request: &ModelRequest<'_>,
        guest: SharedProvider,
    ) -> Explanation {
        explain_with_guest(request, guest, &self.table, &self.catalogue.peek())
    }

    /// The conversation that a request belongs to, and the opaque state that it carries, for its [`Ask`]. Where the plan
    /// leaves no choice, nothing is looked at.
    pub fn conversation(
        &self,
        plan: &Plan,
        speaker: Speaker<'_>,
    ) -> (Option<Conversation>, BoundState) {
        self.affinity.read(plan, speaker)
    }

    /// How many conversations are remembered.
    pub fn conversations(&self) -> usize {
        self.affinity.len()
    }

    /// As [`plan`](Self::plan), where the caller brought a provider along: it is asked in place of the provider of its
    /// name in the request's sequence, or alone where the request has none. Nothing about it is remembered.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn plan_with_guest(
        &self,
        request: &ModelRequest<'_>,
        guest: SharedProvider,
    ) -> Result<Plan, ResolveError> {
        let Some(seating) = Seating::of(request, guest.name(), &self.table) else {
            return self.plan(request).await;
        };
        let others = match seating.others() {
            Some(request) => Some(self.plan(&request).await),
            None => None,
        };
        seating.plan(guest, others, &self.table)
    }

    /// Sends a request to its plan's targets, one after the other as far as another attempt can help and may be made,
    /// see [`failover`](crate::failover). Once a stream has begun, nobody else is asked.
    ///
    /// # Errors
    /// [`RouteError`] with the attempts and what the last one failed with, or that no target may be asked now.
    pub async fn send(&self, plan: Plan, mut ask: Ask) -> Result<Routed, RouteError> {
        let order = Order::of(&plan);
        let mut selection = self.select(plan, ask.stream);
        let conversation = ask.conversation;
        let is_well = |target: &Target| self.health().refusal(target).is_none();
        let settled = self
            .affinity
            .settle(&mut selection, &mut ask, (order, is_well));
        settled.map_err(|bound| RouteError {
            cause: bound.into(),
            attempts: Vec::new(),
            rest: None,
        })?;
        let timeouts = |provider: &str| self.timeouts(provider);
        let routed = self.failover.run(selection, ask, &timeouts).await?;
        Ok(match conversation {
            Some(conversation) if order == Order::Ours || self.is_configured(&routed.target) => {
                self.affinity.keep(conversation, routed)
            }
            _ => routed,
        })
    }

    /// Whether the target's provider is one of the table's, and none that a caller brought along.
    fn is_configured(&self, target: &Target) -> bool {
        let accounts = self.table.accounts(target.provider.name());
        accounts
            .iter()
            .any(|account| Arc::ptr_eq(account, &target.provider))
    }

    /// The plan with the one target that is to be asked now, one with a free place if there is one; for a request that
    /// is written for its target and can be sent once only.
    pub fn for_one_attempt(&self, plan: Plan) -> Plan {
        if !plan.moves_on {
            return plan;
        }
        let matched = plan.matched;
        let fallback = plan.primary.clone();
        let Selection { targets, pool } = self.select(plan, false);
        let is_well = |target: &&Target| self.health().refusal(target).is_none();
        let is_free = |target: &&Target| {
            let gate = self.limits().gate_of(&*target.provider);
            is_well(target) && gate.is_none_or(Gate::is_free)
        };
        // The same target through another account before another target.
        let ways = |target| {
            let siblings = targets
                .iter()
                .filter(move |other| other.is_sibling_of(target));
            std::iter::once(target).chain(siblings)
        };
        let chosen = targets.iter().flat_map(ways).find(is_free);
        let chosen = chosen.or_else(|| targets.iter().find(is_well));
        let chosen = chosen.or(targets.first()).cloned();
        Plan {
            primary: chosen.unwrap_or(fallback),
            fallbacks: Vec::new(),
            moves_on: false,
            matched,
            pool,
        }
    }

    /// The order in which the plan's targets are asked now.
    pub(crate) fn select(&self, plan: Plan, stream: bool) -> Selection {
        self.selector
            .select(plan, stream, (&self.table, self.health()))
    }

    /// How busy the providers with a limit are.
    pub fn limits(&self) -> &Limits {
        self.failover.limits()
    }

    /// A place at a provider for a request of which the router knows nothing else, after a wait where that is needed;
    /// `None` where the provider has no limit. To be dropped after the last byte of the answer.
    ///
    /// # Errors
    /// As many requests as may are under way and waiting.
    pub async fn enter(&self, provider: &SharedProvider) -> Result<Option<Permit>, Overloaded> {
        let most = self.timeouts(provider.name()).total;
        self.failover.place(provider, most).await
    }

    /// Sends a raw request to an account, and to nobody else: it heeds and feeds what is known of the account as a whole,
    /// and waits for a place at a provider with a limit.
    ///
    /// # Errors
    /// [`RouteFailure`]: the account is left alone for a while, as many requests as may are under way and waiting, or the
    /// attempt failed.
    pub async fn raw(
        &self,
        account: &SharedProvider,
        request: ProxyRequest,
    ) -> Result<RawReply, RouteFailure> {
        let most = self.timeouts(account.name()).total;
        self.failover.raw(account, request, most).await
    }

    /// Which targets are left alone now.
    pub fn health(&self) -> &Health {
        self.failover.health()
    }

    /// How long each phase of a call to the plan's first target may take.
    pub fn timeouts_of(&self, plan: &Plan) -> Timeouts {
        let provider = self.timeouts(plan.primary.provider.name());
        match &plan.pool {
            Some(pool) => pool.settings.timeouts.over(provider),
            None => provider,
        }
    }

    /// How long each phase of a call to that provider may take, where no alias says otherwise.
    pub fn timeouts(&self, provider: &str) -> Timeouts {
        self.settings
            .provider_timeouts
            .get(provider)
            .copied()
            .unwrap_or(self.settings.timeouts)
    }

    /// The body of `GET /v1/models`, of one provider's models where `?provider=` names one. Waits for lists
    /// that have never come; with several providers, those that fail are left out.
    ///
    /// # Errors
    /// For `?provider=` and for a single backend: unknown, not configured, or no list to be had.
    pub async fn models(&self, provider_query: Option<&str>) -> Result<Bytes, ListError> {
        self.look_up(|router, catalogue| listing::list(provider_query, &router.table, catalogue))
            .await
    }

    /// The body of `GET /v1/models/{id}`, for the id in any spelling that a request may use as `model`,
    /// percent-decoded.
    ///
    /// # Errors
    /// Not found or not allowed; or its provider's list cannot be had.
    pub async fn model(&self, id: &str) -> Result<Bytes, ListError> {
        self.look_up(|router, catalogue| listing::find(id, &router.table, catalogue))
            .await
    }

    async fn look_up<T>(
        &self,
        look: impl Fn(&Self, &crate::catalogue::CatalogueSnapshot) -> Outlook<T>,
    ) -> Result<T, ListError> {
        let found = self.catalogue.watch(|catalogue| {
            let (result, patience) = look(self, catalogue);
            (result, self.settings.waits.of(patience))
        });
        found.await
    }
}

/// The name of every provider.
fn names(table: &RoutingTable) -> impl Iterator<Item = &str> {
    table.providers().iter().map(|provider| provider.name())
}

/// Every account of every provider: the provider's name and the account's, where it has one.
fn accounts(table: &RoutingTable) -> impl Iterator<Item = (&str, Option<&str>)> {
    table
        .every_account()
        .map(|account| (account.name(), account.account()))
}
