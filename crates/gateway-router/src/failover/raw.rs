//! Raw requests: one attempt at one account, whose model nobody has read. They heed what is known of the account as a
//! whole, and add to it what their caller cannot have caused.

use std::{sync::Arc, time::Duration};

use gateway_providers::{
    CallError,
    provider::{ProxyReply, ProxyRequest, SharedProvider},
};

use super::{
    Failover, RouteFailure, Why,
    course::none_healthy,
    health::Leave,
    judgement::{Circumstances, Mark, Scope, judge},
};
use crate::{
    account,
    limits::{Overloaded, Permit},
    resolve::Target,
};

/// What a raw request was answered.
#[derive(Debug)]
pub struct RawReply {
    /// The answer as it came.
    pub response: ProxyReply,
    /// Its place at a provider with a limit, to be dropped after the last byte.
    pub permit: Option<Permit>,
}

impl Failover {
    /// Sends a raw request, after a wait of at most so long where the provider has a limit.
    pub(crate) async fn raw(
        &self,
        account: &SharedProvider,
        request: ProxyRequest,
        most: Duration,
    ) -> Result<RawReply, RouteFailure> {
        let target = Target::whole(account);
        // Who is refused anyway need not wait for it.
        self.health
            .refusal_at_last(&target)
            .map_or(Ok(()), |refusal| Err(left_alone(&target, refusal)))?;
        let permit = self.place(account, most).await?;
        let leave = self
            .health
            .admit(&target, true)
            .map_err(|refusal| left_alone(&target, refusal))?;
        let answer = account.proxy(request).await;
        remember(leave, &answer);
        Ok(RawReply {
            response: answer?,
            permit,
        })
    }

    /// A place at a provider, after a wait of at most so long; `None` where the provider has no limit.
    pub(crate) async fn place(
        &self,
        account: &SharedProvider,
        most: Duration,
    ) -> Result<Option<Permit>, Overloaded> {
        let Some(gate) = self.limits.gate_of(&**account) else {
            return Ok(None);
        };
        gate.enter(most).await.map(Some).map_err(|why| Overloaded {
            provider: account.name().to_owned(),
            why,
        })
    }
}

fn left_alone(target: &Target, refusal: super::Refusal) -> RouteFailure {
    let label = account::label(&*target.provider).into_owned();
    none_healthy(vec![(label, refusal)]).into()
}

/// A caller can bring about any error status by what it asks for: that says nothing. What kept the request from being
/// answered at all is the provider's, and a success mends it.
fn remember(leave: Leave<'_>, answer: &Result<ProxyReply, CallError>) {
    match answer {
        Ok(response) if response.status.is_client_error() || response.status.is_server_error() => {
            drop(leave);
        }
        Ok(_) => leave.answered(false),
        Err(error) => {
            let judgement = judge(error, Circumstances::default());
            let is_of_whole = matches!(
                judgement.mark,
                Mark::Fault(Scope::Provider) | Mark::OpenAtOnce(Scope::Provider)
            );
            if let (true, CallError::Fault(fault)) = (is_of_whole, error) {
                leave.failed(judgement.mark, Some(Why::of(fault)), judgement.retry_after);
            }
        }
    }
}

impl Target {
    /// An account as a whole, for what names no model.
    pub(super) fn whole(account: &SharedProvider) -> Self {
        Self {
            provider: Arc::clone(account),
            model: String::new(),
            known: false,
            weight: 1,
            overrides: None,
            pace: None,
        }
    }
}
