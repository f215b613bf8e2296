//! Headers, parameters and security schemes that many endpoints share, as components of the document.

use gateway_providers::Operation;
use serde_json::json;
use utoipa::openapi::{
    Components, Header, Ref, RefOr, Required, ResponseBuilder,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Schema, Type},
    security::{
        ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
    },
};

use crate::http::{
    identify::CREDENTIAL_HEADERS,
    routes::{Endpoint, Policy, Route},
};

/// Whether the vision switch looks at this operation.
pub(super) fn takes_images(operation: Operation) -> bool {
    matches!(operation, Operation::Chat | Operation::Responses)
}

/// A header that answers carry.
struct ResponseHeader {
    component: &'static str,
    name: &'static str,
    description: &'static str,
    example: &'static str,
}

const fn header(
    component: &'static str,
    name: &'static str,
    description: &'static str,
    example: &'static str,
) -> ResponseHeader {
    ResponseHeader {
        component,
        name,
        description,
        example,
    }
}

const HEADERS: &[ResponseHeader] = &[
    header(
        "XRequestId",
        "x-request-id",
        "The id under which the gateway's log has this request: the caller's own, or a fresh one.",
        "req_5b1f0d7c3a9e442800000001",
    ),
    header(
        "XShouldRetry",
        "x-should-retry",
        "`true` where the same request can have another outcome, else `false`. OpenAI's SDKs obey it.",
        "false",
    ),
    header(
        "RetryAfter",
        "retry-after",
        "Whole seconds to wait before another try, 60 at most; there where `x-should-retry` is `true`.",
        "1",
    ),
    header(
        "XErrorSource",
        "x-error-source",
        "`upstream` where the error is the provider's doing.",
        "upstream",
    ),
    header(
        "WwwAuthenticate",
        "www-authenticate",
        "How to send a key.",
        "Bearer",
    ),
    header(
        "XSelectedProvider",
        "x-selected-provider",
        "The provider that answered, percent-encoded where it has to be.",
        "groq",
    ),
    header(
        "XSelectedModel",
        "x-selected-model",
        "The provider's name of the model that answered, percent-encoded where it has to be.",
        "llama-3.3-70b-versatile",
    ),
    header(
        "XAttempts",
        "x-attempts",
        "The calls to providers that were made for this answer, in order, each with its outcome: a status, or a code. Absent where none was made.",
        "groq=200",
    ),
    header(
        "XGatewayDropped",
        "x-gateway-dropped",
        "Members of the request that the provider does not take and that were left out for it.",
        "logit_bias",
    ),
];

/// The headers that an error with this status carries; `upstream` where a provider may have been asked before.
pub(super) fn error_headers(status: u16, upstream: bool) -> Vec<&'static str> {
    let mut names = vec!["XRequestId", "XShouldRetry"];
    match status {
        401 => names.push("WwwAuthenticate"),
        408 | 500 | 502..=504 => names.push("RetryAfter"),
        _ => {}
    }
    if upstream {
        names.extend(["XErrorSource", "XAttempts"]);
    }
    names
}

/// The headers that a success of this endpoint carries.
fn success_headers(endpoint: Endpoint) -> &'static [&'static str] {
    match endpoint {
        Endpoint::Operation(_) => &[
            "XRequestId",
            "XSelectedProvider",
            "XSelectedModel",
            "XAttempts",
            "XGatewayDropped",
        ],
        Endpoint::Proxy => &["XRequestId", "XSelectedProvider"],
        _ => &["XRequestId"],
    }
}

fn component_header(component: &str) -> Option<(&'static str, RefOr<Header>)> {
    let header = HEADERS
        .iter()
        .find(|header| header.component == component)?;
    let reference = Ref::new(format!("#/components/headers/{component}"));
    Some((header.name, RefOr::Ref(reference)))
}

/// Adds a header of the components.
pub(super) fn with_header(response: ResponseBuilder, component: &str) -> ResponseBuilder {
    let mut response = response.build();
    response
        .headers
        .extend(component_header(component).map(|(name, header)| (name.to_owned(), header)));
    response.into()
}

/// Adds the headers of a success to every response that is described in place.
pub(super) fn add_success_headers(operation: &mut utoipa::openapi::path::Operation, route: &Route) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            let headers = success_headers(route.endpoint)
                .iter()
                .filter_map(|component| component_header(component))
                .map(|(name, header)| (name.to_owned(), header));
            response.headers.extend(headers);
        }
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// What callers can say beside the body, by the names of the components.
fn plain_parameters() -> Vec<(&'static str, Parameter)> {
    let format = text().enum_values(Some(["object", "string"]));
    vec![
        (
            "Provider",
            parameter(
                "provider",
                ParameterIn::Query,
                "The provider that must answer, instead of what the model's name leads to.",
                text(),
                "groq",
            ),
        ),
        (
            "RequestId",
            in_header(
                "x-request-id",
                "An id for the log, up to 64 plain characters; the answer repeats it.",
                text(),
                "job-17",
            ),
        ),
        (
            "ErrorFormat",
            in_header(
                "x-error-format",
                "The form of errors: the error object, or `{\"error\": \"message\"}`. The configuration says which one is usual.",
                format,
                "",
            ),
        ),
        (
            "TraceParent",
            in_header(
                "traceparent",
                "W3C trace context, passed on to the provider.",
                text(),
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ),
        ),
    ]
}

/// The headers of callers who choose providers by headers.
fn dialect_parameters() -> Vec<(&'static str, Parameter)> {
    let timeout = text().pattern(Some("^([0-9]+(ms|s|m)?)?$"));
    vec![
        (
            "FailoverSequence",
            in_header(
                "x-opengateway-failover-sequence",
                "A JSON array of provider names, asked in this order until one answers; none twice. Those that are not configured are passed over. Empty is as good as absent.",
                // A `contentMediaType` would be true, but makes a choice of a file in Swagger UI.
                text(),
                r#"["openai","azure"]"#,
            ),
        ),
        (
            "Timeout",
            in_header(
                "x-opengateway-timeout",
                "How long each provider that is asked may take, to the first token of a stream or to the end of a whole answer: \
                 `1500ms`, `30s`, `2m`, or milliseconds as a plain number; an hour at most. Empty is as good as absent.",
                timeout,
                "",
            ),
        ),
        (
            "VllmEndpoint",
            in_header(
                "x-opengateway-vllm-endpoint",
                "The base URL of the caller's own vLLM server, with or without `/v1`: asked where the sequence names `vllm`, or alone where there is no sequence. Switched off unless `[caller_endpoints]` is configured; what may not be called is refused with 400 `invalid_header`. Empty is as good as absent.",
                text(),
                "",
            ),
        ),
        (
            "VllmApiKey",
            in_header(
                "x-opengateway-vllm-api-key",
                "The key for the caller's own vLLM server. It goes nowhere else, and without an endpoint nowhere at all. Empty is as good as absent.",
                text(),
                "",
            ),
        ),
    ]
}

fn in_header(name: &str, description: &str, schema: ObjectBuilder, example: &str) -> Parameter {
    parameter(name, ParameterIn::Header, description, schema, example)
}

/// A parameter that may be left out. Its example stands in the description: Swagger UI would send an `example` with
/// every trial, and ask for a provider that is not there.
fn parameter(
    name: &str,
    place: ParameterIn,
    description: &str,
    schema: ObjectBuilder,
    example: &str,
) -> Parameter {
    let mut description = description.to_owned();
    if !example.is_empty() {
        description.push_str(&format!(" For example `{example}`."));
    }
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(Schema::Object(schema.build())))
        .build()
}

/// The parameters of an endpoint, beside those of its path.
fn parameters_of(endpoint: Endpoint, path: &str) -> Vec<&'static str> {
    let mut names = match endpoint {
        Endpoint::Operation(_) => vec!["Provider", "TraceParent", "FailoverSequence", "Timeout"],
        Endpoint::Models => vec!["Provider"],
        Endpoint::Proxy => vec!["TraceParent"],
        _ => Vec::new(),
    };
    // The document that these come from knows them at this path.
    if path == "/chat/completions" {
        names.extend(["VllmEndpoint", "VllmApiKey"]);
    }
    names.extend(["RequestId", "ErrorFormat"]);
    names
}

/// Adds the shared parameters to an operation.
pub(super) fn add_parameters(
    operation: &mut utoipa::openapi::path::Operation,
    route: &Route,
    path: &str,
) {
    let references = parameters_of(route.endpoint, path)
        .into_iter()
        .map(|name| RefOr::Ref(Ref::new(format!("#/components/parameters/{name}"))));
    operation
        .parameters
        .get_or_insert_default()
        .extend(references);
}

/// One way to send a key per header that is read for it.
fn schemes() -> impl Iterator<Item = (&'static str, SecurityScheme)> {
    CREDENTIAL_HEADERS.iter().map(|name| {
        if *name == "authorization" {
            let bearer = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "`Authorization: Bearer KEY`, with a key of this gateway.",
                ));
            ("bearer", SecurityScheme::Http(bearer.build()))
        } else {
            let key = ApiKeyValue::with_description(*name, "A key of this gateway.");
            (*name, SecurityScheme::ApiKey(ApiKey::Header(key)))
        }
    })
}

/// Any one of the schemes; and none, for gateways without keys.
pub(super) fn security(policy: Policy) -> Vec<SecurityRequirement> {
    match policy {
        Policy::Open => Vec::new(),
        Policy::Protected | Policy::OpenWithDetails => schemes()
            .map(|(name, _)| SecurityRequirement::new::<_, [&str; 0], _>(name, []))
            .chain([SecurityRequirement::default()])
            .collect(),
    }
}

/// Adds what is described here to the components.
pub(super) fn add_components(components: &mut Components) {
    for header in HEADERS {
        let mut described = Header::new(Schema::Object(text().build()));
        described.description = Some(header.description.to_owned());
        described.example = Some(json!(header.example));
        components
            .headers
            .insert(header.component.to_owned(), described.into());
    }
    for (name, parameter) in plain_parameters().into_iter().chain(dialect_parameters()) {
        components
            .parameters
            .insert(name.to_owned(), parameter.into());
    }
    for (name, scheme) in schemes() {
        components
            .security_schemes
            .insert(name.to_owned(), scheme.into());
    }
}
