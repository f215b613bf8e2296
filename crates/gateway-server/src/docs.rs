//! `GET /docs`: Swagger UI from the vendored crate, reading `/openapi.json`. No script comes from elsewhere.
//!
//! The pages hold nothing but the public contract, so they need no key.

use axum::Router;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The pages' routes.
pub fn routes() -> Router {
    SwaggerUi::new("/docs")
        .config(
            Config::from("/openapi.json")
                .try_it_out_enabled(true)
                .persist_authorization(false),
        )
        .into()
}
