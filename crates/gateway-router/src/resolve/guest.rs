//! A sequence in which one name stands for a provider that the caller brought along: the guest. Where it stands, the
//! guest is asked in place of the configured provider of that name; the others are resolved as ever.

use gateway_providers::provider::SharedProvider;

use super::{
    Candidate, LeftOut, ModelRequest, Plan, ResolveError, Rule, Target, error,
    sequence::{meant, stripped},
    table::RoutingTable,
};

/// A request's sequence, taken apart at the guest.
#[derive(Debug)]
pub(crate) struct Seating<'a> {
    request: ModelRequest<'a>,
    /// The model as the guest takes it.
    model: &'a str,
    /// How many are asked before the guest.
    earlier: usize,
    /// Everybody else, in order.
    others: Vec<String>,
}

impl<'a> Seating<'a> {
    /// Takes a request's sequence apart. A request without one asks the guest alone; `None` where there is one that
    /// does not name the guest.
    pub(crate) fn of(
        request: &ModelRequest<'a>,
        guest: &str,
        table: &'a RoutingTable,
    ) -> Option<Self> {
        let names = request.sequence.unwrap_or_default();
        let is_guest = |name: &String| name.eq_ignore_ascii_case(guest);
        let earlier = match names.iter().position(is_guest) {
            Some(place) => place,
            None if names.is_empty() => 0,
            None => return None,
        };
        // The guest's name before the model is taken off for everybody, as any other's of the sequence is.
        let guests: [String; 1] = [guest.to_owned()];
        let model = stripped(request.model, &guests).unwrap_or(request.model);
        let meant = meant(model, table);
        Some(Self {
            request: ModelRequest { model, ..*request },
            model: stripped(meant, names).unwrap_or(meant),
            earlier,
            others: names
                .iter()
                .filter(|name| !is_guest(name))
                .cloned()
                .collect(),
        })
    }

    /// The request for everybody else; `None` where there is nobody else.
    pub(crate) fn others(&self) -> Option<ModelRequest<'_>> {
        (!self.others.is_empty()).then_some(ModelRequest {
            sequence: Some(&self.others),
            default_sequence: None,
            ..self.request
        })
    }

    /// The plan with the guest in its place.
    ///
    /// # Errors
    /// A name that nobody knows is wrong in any case. Otherwise: why the guest may not serve the request, where nobody
    /// else may.
    pub(crate) fn plan(
        self,
        guest: SharedProvider,
        others: Option<Result<Plan, ResolveError>>,
        table: &RoutingTable,
    ) -> Result<Plan, ResolveError> {
        let others = match others {
            Some(Err(
                error @ (ResolveError::UnknownProvider { .. } | ResolveError::ModelMissing),
            )) => return Err(error),
            Some(Ok(plan)) => Some(plan),
            Some(Err(_)) | None => None,
        };
        match (self.check(&guest, table), others) {
            (Err(_), Some(plan)) => Ok(plan),
            (Err(error), None) => Err(error),
            (Ok(()), others) => Ok(self.seated(guest, others)),
        }
    }

    fn check(&self, guest: &SharedProvider, table: &RoutingTable) -> Result<(), ResolveError> {
        if self.model.is_empty() {
            return Err(ResolveError::ModelMissing);
        }
        if !table.policy().permits_model(guest.name(), self.model) {
            return Err(ResolveError::ModelNotAllowed {
                model: error::shown(self.request.model),
            });
        }
        if !guest.supports(self.request.operation) {
            return Err(ResolveError::UnsupportedOperation {
                provider: guest.name().to_owned(),
                operation: self.request.operation,
            });
        }
        Ok(())
    }

    /// The guest as one of those that the request may go to.
    pub(super) fn candidate(&self, guest: SharedProvider, table: &RoutingTable) -> Candidate {
        let left_out = match self.check(&guest, table) {
            Err(ResolveError::ModelNotAllowed { .. }) => Some(LeftOut::NotAllowed),
            Err(ResolveError::UnsupportedOperation { .. }) => Some(LeftOut::NotOffered),
            _ => None,
        };
        Candidate {
            target: self.target(guest),
            accounts: 1,
            left_out,
        }
    }

    /// Whether the target is asked before the guest.
    pub(super) fn is_earlier(&self, target: &Target) -> bool {
        let earlier = self.others.get(..self.earlier).unwrap_or_default();
        let name = target.provider.name();
        earlier.iter().any(|other| other.eq_ignore_ascii_case(name))
    }

    fn target(&self, guest: SharedProvider) -> Target {
        Target {
            provider: guest,
            model: self.model.to_owned(),
            known: false,
            weight: 1,
            overrides: None,
            pace: None,
        }
    }

    fn seated(self, guest: SharedProvider, others: Option<Plan>) -> Plan {
        let guest = self.target(guest);
        let others = others.map(Plan::into_order).unwrap_or_default();
        let (before, after): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|target| self.is_earlier(target));
        let mut order = before.into_iter();
        let (primary, fallbacks) = match order.next() {
            Some(first) => (first, order.chain([guest]).chain(after).collect()),
            None => (guest, after),
        };
        Plan {
            primary,
            fallbacks,
            moves_on: true,
            matched: Rule::Sequence,
            // The caller's order is the order; an alias's ways of choosing are for its own targets.
            pool: None,
        }
    }
}
