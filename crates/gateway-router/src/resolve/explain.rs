//! Why a name leads where it leads: the same steps as [`resolve`](super::resolve()), told instead of taken.

use std::sync::Arc;

use gateway_providers::provider::SharedProvider;

use super::{
    ModelRequest, Plan, Pool, ResolveError, Rule, Seating, Target, Verdict, is_permitted, judged,
    rules::{Choice, Found},
    sequence,
    table::RoutingTable,
};
use crate::catalogue::CatalogueSnapshot;

/// What resolution makes of a request, and why.
#[derive(Debug)]
pub struct Explanation {
    /// The rules that were asked and did not decide, in their order.
    pub passed_over: Vec<Rule>,
    /// The rule that decided; `None` where none did.
    pub matched: Option<Rule>,
    /// The alias that the targets come from.
    pub pool: Option<Arc<Pool>>,
    /// Whether a fault moves on to the targets behind the first.
    pub moves_on: bool,
    /// Everything that the rule found, in its order, also what is left out.
    pub candidates: Vec<Candidate>,
    /// Why the request goes nowhere, where it does.
    pub refused: Option<ResolveError>,
    /// Providers whose models are not known (yet): with their lists the answer may be another. None where an alias
    /// decides, for which lists do not count.
    pub unlisted: Vec<String>,
}

/// One target that a rule found.
#[derive(Debug)]
pub struct Candidate {
    /// The target; of several accounts the first one.
    pub target: Target,
    /// How many accounts its provider has, at least 1.
    pub accounts: usize,
    /// Why it is not asked; `None` where it is.
    pub left_out: Option<LeftOut>,
}

/// Why a target is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The operator has not released the model.
    NotAllowed,
    /// Its provider does not offer the operation.
    NotOffered,
}

/// Tells what [`resolve()`](super::resolve()) makes of a request.
pub(crate) fn explain(
    request: &ModelRequest<'_>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Explanation {
    let (told, answer) = told(request, table, catalogue);
    told.answered(answer)
}

/// The same where the caller brought a provider along.
pub(crate) fn explain_with_guest(
    request: &ModelRequest<'_>,
    guest: SharedProvider,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> Explanation {
    let Some(seating) = Seating::of(request, guest.name(), table) else {
        return explain(request, table, catalogue);
    };
    let (others, answer) = match seating.others() {
        Some(request) => {
            let (others, answer) = told(&request, table, catalogue);
            (others, Some(answer))
        }
        None => (Explanation::of_nobody(), None),
    };
    let candidate = seating.candidate(guest.clone(), table);
    let is_seated = candidate.left_out.is_none();
    let (mut candidates, after): (Vec<_>, Vec<_>) = others
        .candidates
        .into_iter()
        .partition(|other| seating.is_earlier(&other.target));
    candidates.push(candidate);
    candidates.extend(after);
    let matched = if is_seated {
        Some(Rule::Sequence)
    } else {
        others.matched
    };
    let told = Explanation {
        passed_over: passed_over(matched),
        matched,
        // The caller's order is the order, see `Seating::plan`.
        pool: others.pool.filter(|_| !is_seated),
        candidates,
        ..others
    };
    told.answered(seating.plan(guest, answer, table))
}

/// What is told before it is known what policy and capabilities leave of it, and what they leave.
fn told(
    request: &ModelRequest<'_>,
    table: &RoutingTable,
    catalogue: &CatalogueSnapshot,
) -> (Explanation, Result<Plan, ResolveError>) {
    let located = sequence::locate(request, table, catalogue);
    let found = located.found.as_ref().ok();
    let matched = found.map(|found| found.rule);
    let pool = found.and_then(|found| found.pool.cloned());
    let candidates = found.map_or_else(Vec::new, |found| candidates(request, found, table));
    let Verdict { answer, .. } = judged(request, located, table, catalogue);
    let told = Explanation {
        passed_over: passed_over(matched),
        matched,
        pool,
        moves_on: false,
        candidates,
        refused: None,
        // An alias says where it leads, whatever the lists say.
        unlisted: if matched == Some(Rule::Alias) {
            Vec::new()
        } else {
            unlisted(table, catalogue)
        },
    };
    (told, answer)
}

impl Explanation {
    fn of_nobody() -> Self {
        Self {
            passed_over: Vec::new(),
            matched: None,
            pool: None,
            moves_on: false,
            candidates: Vec::new(),
            refused: None,
            unlisted: Vec::new(),
        }
    }

    fn answered(self, answer: Result<Plan, ResolveError>) -> Self {
        Self {
            moves_on: answer.as_ref().is_ok_and(moves_on),
            refused: answer.err(),
            ..self
        }
    }
}

/// Everything that the rule found, also what is left out.
fn candidates(
    request: &ModelRequest<'_>,
    found: &Found<'_>,
    table: &RoutingTable,
) -> Vec<Candidate> {
    let candidate = |choice: &Choice| {
        let provider = table.providers().get(choice.provider)?;
        let left_out = if !is_permitted(choice, request.model, found.alias, table) {
            Some(LeftOut::NotAllowed)
        } else if !provider.supports(request.operation) {
            Some(LeftOut::NotOffered)
        } else {
            None
        };
        Some(Candidate {
            accounts: table.accounts(provider.name()).len().max(1),
            target: choice.clone().at(provider.clone()),
            left_out,
        })
    };
    found.choices.iter().filter_map(candidate).collect()
}

fn moves_on(plan: &Plan) -> bool {
    plan.moves_on && !plan.fallbacks.is_empty()
}

fn passed_over(matched: Option<Rule>) -> Vec<Rule> {
    let before = |rule: &Rule| Some(*rule) != matched;
    Rule::ALL.into_iter().take_while(before).collect()
}

fn unlisted(table: &RoutingTable, catalogue: &CatalogueSnapshot) -> Vec<String> {
    let providers = table.providers().iter().enumerate();
    providers
        .filter(|(place, _)| {
            let list = catalogue.list(*place);
            list.is_none_or(|list| !list.has_come())
        })
        .map(|(_, provider)| provider.name().to_owned())
        .collect()
}
