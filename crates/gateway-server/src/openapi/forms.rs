//! The further forms of a documented endpoint: other paths, other methods, `HEAD` beside `GET`. What there is comes
//! from the table of routes.

use utoipa::openapi::{
    HttpMethod, PathItem, Paths, RefOr,
    path::{Operation, Parameter, ParameterIn},
};

use crate::http::routes::{self, Endpoint, Route};

/// The tag of forms that say nothing new.
const TAG: &str = "Other forms";

/// What is documented where a route takes every method. `CONNECT` and `TRACE` are refused.
pub(super) const EVERY_METHOD: [HttpMethod; 7] = [
    HttpMethod::Get,
    HttpMethod::Put,
    HttpMethod::Post,
    HttpMethod::Delete,
    HttpMethod::Options,
    HttpMethod::Head,
    HttpMethod::Patch,
];

/// A route's pattern as this document writes it: nothing in a path template matches several segments, so that
/// `{*id}` is `{id}`.
pub(super) fn template(pattern: &str) -> String {
    pattern.replace("{*", "{")
}

/// The operations of a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    slots(item).into_iter().filter_map(Option::as_mut)
}

/// The places of the operations, in the order of [`EVERY_METHOD`].
pub(super) fn slots(item: &mut PathItem) -> [&mut Option<Operation>; 7] {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
    ]
}

/// Adds every form that the table of routes has and the document has not.
pub(super) fn add(paths: &mut Paths) {
    let mut documented: Vec<(Endpoint, String)> = Vec::new();
    for (pattern, route) in routes::all() {
        let path = template(&pattern);
        if let Some(item) = paths.paths.get_mut(&path) {
            add_methods(item, &route);
            documented.push((route.endpoint, path));
        }
    }
    for (pattern, route) in routes::all() {
        let path = template(&pattern);
        if paths.paths.contains_key(&path) {
            continue;
        }
        let original = documented
            .iter()
            .find(|(endpoint, _)| *endpoint == route.endpoint)
            .and_then(|(_, original)| Some((original, paths.paths.get(original)?)));
        if let Some((original, item)) = original {
            let alias = alias(item.clone(), &path, original);
            paths.paths.insert(path, alias);
        }
    }
}

/// The other methods of a path that is documented with one of them.
fn add_methods(item: &mut PathItem, route: &Route) {
    if route.methods.is_empty()
        && let Some(original) = item.post.take()
    {
        for (method, slot) in EVERY_METHOD.iter().zip(slots(item)) {
            *slot = Some(with_method(&original, method));
        }
    } else if route.methods.contains(&"HEAD")
        && let Some(get) = &item.get
    {
        item.head = Some(head_of(get));
    }
}

fn with_method(original: &Operation, method: &HttpMethod) -> Operation {
    let mut operation = original.clone();
    let (suffix, has_body) = match method {
        HttpMethod::Get => ("Get", false),
        HttpMethod::Put => ("Put", true),
        HttpMethod::Post => ("Post", true),
        HttpMethod::Delete => ("Delete", false),
        HttpMethod::Options => ("Options", false),
        HttpMethod::Patch => ("Patch", true),
        _ => ("Head", false),
    };
    operation.operation_id = original
        .operation_id
        .as_ref()
        .map(|id| format!("{id}{suffix}"));
    if !has_body {
        operation.request_body = None;
    }
    if matches!(method, HttpMethod::Head) {
        without_content(&mut operation);
    }
    operation
}

fn head_of(get: &Operation) -> Operation {
    let mut head = with_method(get, &HttpMethod::Head);
    head.tags = Some(vec![TAG.to_owned()]);
    head.description = Some("The headers of the answer to `GET`.".to_owned());
    head
}

fn without_content(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
}

/// The same item under another path.
fn alias(mut item: PathItem, path: &str, original: &str) -> PathItem {
    let suffix = path.replace('/', "_").replace(['{', '}'], "");
    for operation in operations(&mut item) {
        operation.tags = Some(vec![TAG.to_owned()]);
        operation.description = Some(format!("The same as `{original}`."));
        if let Some(id) = &mut operation.operation_id {
            id.push_str(&suffix);
        }
        if let Some(parameters) = &mut operation.parameters {
            parameters.retain(|parameter| fits(parameter, path));
        }
    }
    item
}

/// A parameter in the path has to be in the path.
fn fits(parameter: &RefOr<Parameter>, path: &str) -> bool {
    match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path => {
            path.contains(&format!("{{{}}}", parameter.name))
        }
        _ => true,
    }
}
