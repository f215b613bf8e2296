//! The demo provider as an HTTP service, without HTTP: method, path and body in, an answer out.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{CREATED, DemoAnswer, answer_bytes, answer_with, form, refusal::Refusal};
use crate::{
    Operation,
    demo::{DemoConfig, DemoModel, MODELS, OWNED_BY},
    operation::{BodyKind, OPERATIONS},
};

/// A request to the demo service.
#[derive(Debug, Clone, Copy)]
pub struct DemoRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path; `/v1` in front of it may be there or not.
    pub path: &'a str,
    /// The `content-type`, where there is one.
    pub content_type: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// Answers a request as an OpenAI-compatible server would: every operation at its path, `GET /models` and
/// `GET /models/{id}`, otherwise 404 or 405.
pub fn serve(request: DemoRequest<'_>, config: &DemoConfig) -> DemoAnswer {
    let path = request.path.strip_prefix("/v1").unwrap_or(request.path);
    if let Some(row) = OPERATIONS.iter().find(|row| row.path == path) {
        return match (request.method, row.body) {
            (&Method::POST, BodyKind::Json) => answer_bytes(row.operation, request.body, config),
            (&Method::POST, BodyKind::Multipart | BodyKind::MultipartOrJson) => {
                answer_form(row.operation, request, config)
            }
            _ => Refusal::method_not_allowed().into_answer(),
        };
    }
    let is_read = matches!(request.method, &Method::GET | &Method::HEAD);
    match path.strip_prefix("/models") {
        Some(_) if !is_read => Refusal::method_not_allowed().into_answer(),
        Some("") => DemoAnswer::ok(&model_list(config)),
        Some(rest) => match rest.strip_prefix('/').and_then(DemoModel::find) {
            Some(model) => DemoAnswer::ok(&model_object(model)),
            None => Refusal::unknown_model(rest.trim_start_matches('/')).into_answer(),
        },
        None => Refusal::not_found(request.path).into_answer(),
    }
}

/// A form, or the JSON that some clients send in its place.
fn answer_form(operation: Operation, request: DemoRequest<'_>, config: &DemoConfig) -> DemoAnswer {
    match form::members(request.content_type.unwrap_or_default(), request.body) {
        Some(members) => answer_with(operation, &members, config),
        None => answer_bytes(operation, request.body, config),
    }
}

fn model_list(config: &DemoConfig) -> Value {
    let listed = MODELS
        .iter()
        .filter(|model| config.list_faults || !model.is_fault());
    json!({ "object": "list", "data": listed.map(model_object).collect::<Vec<_>>() })
}

fn model_object(model: &DemoModel) -> Value {
    let members = [
        ("id", Value::from(model.id)),
        ("object", Value::from("model")),
        ("created", Value::from(CREATED)),
        ("owned_by", Value::from(OWNED_BY)),
        ("description", Value::from(model.summary)),
    ];
    Value::Object(
        members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

impl Refusal {
    fn method_not_allowed() -> Self {
        Self::other(
            StatusCode::METHOD_NOT_ALLOWED,
            "This method is not known here.".to_owned(),
        )
    }

    fn not_found(path: &str) -> Self {
        Self::other(
            StatusCode::NOT_FOUND,
            format!("The demo provider serves nothing at '{path}'."),
        )
    }
}
