//! Adds to the documented endpoints what holds for many of them.

use utoipa::{
    Modify,
    openapi::{OpenApi, OpenApiVersion, path::Operation},
};

use super::{codes, examples, forms, samples, schemas, shared};
use crate::http::routes::{self, Route};

/// The modifier.
#[derive(Debug)]
pub(super) struct Complete;

impl Modify for Complete {
    fn modify(&self, document: &mut OpenApi) {
        document.openapi = OpenApiVersion::Version32;
        let description = document.info.description.get_or_insert_default();
        description.push('\n');
        description.push_str(&codes::table());

        forms::add(&mut document.paths);
        let components = document.components.get_or_insert_default();
        schemas::correct(components);
        shared::add_components(components);
        for (pattern, route) in routes::all() {
            let path = forms::template(&pattern);
            let Some(item) = document.paths.paths.get_mut(&path) else {
                continue;
            };
            for operation in forms::operations(item) {
                describe(operation, &route, &path);
                codes::add(
                    &mut operation.responses,
                    components,
                    route.endpoint,
                    route.policy,
                );
            }
        }
    }
}

fn describe(operation: &mut Operation, route: &Route, path: &str) {
    operation.security = Some(shared::security(route.policy));
    shared::add_parameters(operation, route, path);
    shared::add_success_headers(operation, route);
    examples::add(operation, route.endpoint);
    samples::add(operation, path);
}
