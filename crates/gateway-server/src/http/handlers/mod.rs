//! One handler per endpoint; none knows a vendor.

mod capabilities;
mod models;
mod nothing;
mod proxy;
mod status;

use std::sync::Arc;

pub(super) use self::{proxy::rest_of_form, status::metrics_text};
use super::{
    answer::Answer,
    dispatch::Admitted,
    error::ApiError,
    pipeline,
    routes::{Endpoint, Route},
};
use crate::{app::Live, docs, observe::Exchange, openapi};

/// Answers an admitted request.
///
/// # Errors
/// Whatever the endpoint's own documentation says.
pub async fn handle(
    live: &Arc<Live>,
    route: Route,
    admitted: Admitted,
    exchange: &mut Exchange,
) -> Result<Answer, ApiError> {
    // A body cannot be shared between threads: what waits gets parts of the request, never a reference to it.
    let Admitted { request, principal } = admitted;
    match route.endpoint {
        Endpoint::Operation(operation) => pipeline::serve(live, operation, request, exchange).await,
        Endpoint::Models => models::list(live, request.into_parts().0.uri).await,
        Endpoint::Model => models::find(live, request.into_parts().0.uri).await,
        Endpoint::Capabilities => capabilities::list(live, request.into_parts().0.uri).await,
        Endpoint::Proxy => proxy::relay(live, request, exchange).await,
        Endpoint::Health => status::health(),
        Endpoint::Ready => status::ready(live),
        Endpoint::Status => status::status(live, &principal),
        Endpoint::ApiStatus => status::api_status(live, request.headers()),
        Endpoint::Root => status::root(),
        Endpoint::Metrics => status::metrics(live),
        Endpoint::OpenApi => openapi::answer(),
        Endpoint::OpenApi32 => openapi::answer_3_2(),
        Endpoint::Docs => docs::answer(request.uri().path()),
        Endpoint::Nothing => nothing::answer(request.uri().path()),
    }
}
