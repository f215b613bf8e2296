//! Which errors an endpoint can answer, and how they look: made from the error catalogue and the fault table.

use std::collections::BTreeMap;

use gateway_providers::{FaultKind, operation::BodyKind};
use gateway_types::error::ErrorBody;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        Components, Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Responses,
        example::ExampleBuilder,
        schema::{AnyOfBuilder, ObjectBuilder, OneOfBuilder, Schema},
    },
};

use super::shared;
use crate::http::{
    error::{ApiError, CATALOGUE, ErrorKind, ErrorStyle},
    routes::{Endpoint, Policy},
};

/// The body of an error for a caller who sent `x-error-format: string`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"error": "The model `gpt-7` does not exist here."}))]
pub(super) struct ErrorText {
    /// What went wrong.
    #[expect(dead_code, reason = "the field is there for the schema")]
    error: String,
}

/// Errors that any endpoint can answer.
const ALWAYS: &[ErrorKind] = &[
    ErrorKind::MalformedRequest,
    ErrorKind::UrlTooLong,
    ErrorKind::HeadersTooLarge,
    ErrorKind::InternalError,
];

/// Errors of endpoints that want a key.
const KEYS: &[ErrorKind] = &[
    ErrorKind::InvalidHeader,
    ErrorKind::LoopDetected,
    ErrorKind::MissingApiKey,
    ErrorKind::InvalidApiKey,
    ErrorKind::AmbiguousCredentials,
];

/// Errors of finding the target of a request, and of reading its body.
const CALL: &[ErrorKind] = &[
    ErrorKind::MissingParameter,
    ErrorKind::InvalidValue,
    ErrorKind::InvalidRequest,
    ErrorKind::UnknownProvider,
    ErrorKind::ProviderNotConfigured,
    ErrorKind::ModelNotAllowed,
    ErrorKind::ModelNotFound,
    ErrorKind::FeatureDisabled,
    ErrorKind::RequestTimeout,
    ErrorKind::RequestTooLarge,
    ErrorKind::UnsupportedMediaType,
    ErrorKind::UnsupportedOperation,
    ErrorKind::BackendAuthError,
    ErrorKind::NoHealthyBackend,
    ErrorKind::NoAvailableChannel,
    ErrorKind::Overloaded,
];

const MODELS: &[ErrorKind] = &[
    ErrorKind::UnknownProvider,
    ErrorKind::ProviderNotConfigured,
    ErrorKind::ListUnavailable,
    ErrorKind::ListTimeout,
];

const MODEL: &[ErrorKind] = &[
    ErrorKind::InvalidValue,
    ErrorKind::ModelNotAllowed,
    ErrorKind::ModelNotFound,
    ErrorKind::ListUnavailable,
    ErrorKind::ListTimeout,
];

const CAPABILITIES: &[ErrorKind] = &[
    ErrorKind::ModelNotFound,
    ErrorKind::ModelNotAllowed,
    ErrorKind::UnsupportedOperation,
];
const PROXY: &[ErrorKind] = &[
    ErrorKind::InvalidJson,
    ErrorKind::MissingParameter,
    ErrorKind::InvalidRequest,
    ErrorKind::VisionDisabled,
    ErrorKind::UnknownProvider,
    ErrorKind::ProviderNotConfigured,
    ErrorKind::PathNotAllowed,
    ErrorKind::ModelNotAllowed,
    ErrorKind::FeatureDisabled,
    ErrorKind::RequestTimeout,
    ErrorKind::RequestTooLarge,
    ErrorKind::UnsupportedMediaType,
    ErrorKind::BackendAuthError,
    ErrorKind::Overloaded,
];

/// What an upstream can do wrong before the first byte of an answer.
const FAULTS: &[FaultKind] = &[
    FaultKind::Unreachable,
    FaultKind::Dns,
    FaultKind::Tls,
    FaultKind::ConnectTimeout,
    FaultKind::Reset,
    FaultKind::FirstTokenTimeout,
    FaultKind::IdleTimeout,
    FaultKind::Deadline,
    FaultKind::Truncated,
    FaultKind::Empty,
    FaultKind::InvalidResponse,
    FaultKind::Protocol,
    FaultKind::TooLarge,
    FaultKind::Redirect,
    FaultKind::InStream,
];

/// Endpoints that answer the same errors share one description of them.
struct Group {
    /// The first part of the components' names.
    name: &'static str,
    kinds: &'static [&'static [ErrorKind]],
    upstream: bool,
}

const UPSTREAM: &str = "UpstreamError";

fn group(endpoint: Endpoint) -> Group {
    let (name, kinds, upstream): (_, &'static [&'static [ErrorKind]], _) = match endpoint {
        Endpoint::Operation(operation) => match operation.spec().body {
            BodyKind::Multipart => ("Form", &[CALL], true),
            BodyKind::Json if shared::takes_images(operation) => (
                "Chat",
                &[CALL, &[ErrorKind::InvalidJson, ErrorKind::VisionDisabled]],
                true,
            ),
            BodyKind::Json | BodyKind::MultipartOrJson => {
                ("Json", &[CALL, &[ErrorKind::InvalidJson]], true)
            }
        },
        Endpoint::Models => ("Models", &[MODELS], false),
        Endpoint::Model => ("Model", &[MODEL], false),
        Endpoint::Capabilities => ("Capabilities", &[CAPABILITIES], false),
        Endpoint::Proxy => ("Proxy", &[PROXY], true),
        Endpoint::Ready => ("Readiness", &[&[ErrorKind::Draining]], false),
        Endpoint::Metrics => ("Metrics", &[&[ErrorKind::FeatureDisabled]], false),
        Endpoint::Health
        | Endpoint::Status
        | Endpoint::ApiStatus
        | Endpoint::Root
        | Endpoint::OpenApi
        | Endpoint::OpenApi32
        | Endpoint::Docs
        | Endpoint::Nothing => ("Service", &[], false),
    };
    Group {
        name,
        kinds,
        upstream,
    }
}

/// One error as the document shows it.
struct Code {
    code: &'static str,
    help: &'static str,
    body: Value,
}

/// The errors of an endpoint by status.
fn codes(group: &Group, policy: Policy) -> BTreeMap<u16, Vec<Code>> {
    let keys = if policy == Policy::Protected {
        KEYS
    } else {
        &[]
    };
    let kinds = [ALWAYS, keys]
        .into_iter()
        .chain(group.kinds.iter().copied())
        .flatten();
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for row in kinds.map(|kind| kind.row()) {
        by_status
            .entry(row.status.as_u16())
            .or_default()
            .push(Code {
                code: row.code,
                help: row.help,
                body: body_of(row.kind, row.help),
            });
    }
    for spec in FAULTS
        .iter()
        .map(|fault| fault.spec())
        .filter(|_| group.upstream)
    {
        let error = ErrorBody::new(spec.error_type, spec.message).with_code(spec.code);
        by_status
            .entry(spec.status.as_u16())
            .or_default()
            .push(Code {
                code: spec.code,
                help: spec.message,
                body: json!(error),
            });
    }
    by_status
}

/// The body that the server itself writes.
fn body_of(kind: ErrorKind, message: &'static str) -> Value {
    let body = ApiError::new(kind, message).body(ErrorStyle::default());
    serde_json::from_slice(&body).unwrap_or_default()
}

/// Adds an endpoint's errors to an operation, and their descriptions to the components.
pub(super) fn add(
    responses: &mut Responses,
    components: &mut Components,
    endpoint: Endpoint,
    policy: Policy,
) {
    let group = group(endpoint);
    for (status, codes) in codes(&group, policy) {
        let name = format!("{}Error{status}", group.name);
        let reference = Ref::from_response_name(&name);
        responses
            .responses
            .entry(status.to_string())
            .or_insert(reference.into());
        components
            .responses
            .entry(name)
            .or_insert_with(|| described(status, &codes, group.upstream).into());
    }
    if group.upstream {
        for status in ["429", "default"] {
            let reference = Ref::from_response_name(UPSTREAM);
            responses
                .responses
                .insert(status.to_owned(), reference.into());
        }
        components
            .responses
            .entry(UPSTREAM.to_owned())
            .or_insert_with(|| upstream_error().into());
    }
}

fn described(status: u16, codes: &[Code], upstream: bool) -> Response {
    let mut lines: Vec<_> = codes
        .iter()
        .map(|code| format!("- `{}`: {}", code.code, code.help))
        .collect();
    if upstream {
        lines.push("- any other: the provider's own error, with its own body.".to_owned());
    }
    let examples = codes.iter().map(|code| {
        let example = ExampleBuilder::new()
            .summary(code.help)
            .value(Some(code.body.clone()))
            .build();
        (code.code, example)
    });
    let content = error_content().examples_from_iter(examples).build();
    shared::error_headers(status, upstream)
        .into_iter()
        .fold(
            ResponseBuilder::new().description(lines.join("\n")),
            shared::with_header,
        )
        .content("application/json", content)
        .build()
}

fn upstream_error() -> Response {
    let description = "An error of the provider: its own status and, where it is JSON, its own body. \
                       `429` is its rate limit, with `retry-after`.";
    let any = ObjectBuilder::new().description(Some("The provider's own form."));
    let schema = AnyOfBuilder::new()
        .item(Ref::from_schema_name(ErrorBody::name()))
        .item(Ref::from_schema_name(ErrorText::name()))
        .item(any)
        .build();
    let content = Content::new(Some(Schema::AnyOf(schema)));
    let mut headers = shared::error_headers(429, true);
    headers.push("RetryAfter");
    headers
        .into_iter()
        .fold(
            ResponseBuilder::new().description(description),
            shared::with_header,
        )
        .content("application/json", content)
        .build()
}

fn error_content() -> ContentBuilder {
    let schema = OneOfBuilder::new()
        .item(Ref::from_schema_name(ErrorBody::name()))
        .item(Ref::from_schema_name(ErrorText::name()))
        .build();
    ContentBuilder::new().schema(Some(RefOr::T(Schema::OneOf(schema))))
}

/// The whole catalogue as a table, for the document's description.
pub(super) fn table() -> String {
    let mut table = "| status | `type` | `code` | meaning |\n|---|---|---|---|\n".to_owned();
    let kinds = CATALOGUE
        .iter()
        .map(|row| (row.status, row.error_type, row.code, row.help));
    let faults = FAULTS.iter().map(|fault| {
        let spec = fault.spec();
        (spec.status, spec.error_type, spec.code, spec.message)
    });
    for (status, error_type, code, help) in kinds.chain(faults) {
        let line = format!(
            "| {} | `{error_type}` | `{code}` | {help} |\n",
            status.as_u16()
        );
        table.push_str(&line);
    }
    table
}
