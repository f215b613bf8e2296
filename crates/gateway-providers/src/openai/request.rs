//! A call in the words of an OpenAI-compatible upstream: pure, and by splicing only.

use gateway_client::transport::{RequestBody, TransportRequest};
use gateway_types::json::{Edit, RawObject, ScanLimits};
use http::{HeaderValue, Method, header};

use super::rules;
use crate::{
    Call, Payload, ProviderSettings, Quirk, TranslateError,
    operation::{Operation, StreamEnd},
    provider_options::{self, ProviderOptions},
    rules::ModelRules,
    upstream::{refuse_dropped, upstream_headers},
    vendor::DEFAULT_DIALECT,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// A request that is ready to be sent, and what was done to make it so.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) request: TransportRequest,
    /// Members that were taken out since the upstream refuses them.
    pub(super) dropped: Vec<String>,
    /// Usage was asked for though the client did not: it has to be hidden.
    pub(super) hides_usage: bool,
}

/// Puts a call into the upstream's words.
///
/// `rules` are those that name the provider's vendor.
pub(super) fn prepare(
    settings: &ProviderSettings,
    rules: &ModelRules,
    call: Call,
) -> Result<Prepared, TranslateError> {
    let Call {
        operation,
        model,
        payload,
        stream,
        count_tokens,
        strict,
        headers,
        timeouts,
    } = call;
    let unsupported = || TranslateError::UnsupportedOperation {
        provider: settings.name.clone(),
        operation,
    };
    let mut url = settings
        .endpoint(operation, &model)
        .ok_or_else(unsupported)?;
    let mut headers = upstream_headers(settings, headers);
    settings.credential.apply(&mut headers, &mut url);
    headers.insert(header::ACCEPT, accept(operation, stream));
    let mut dropped = Vec::new();
    let mut hides_usage = false;
    let body = match payload {
        Payload::Json(object) => {
            headers.insert(header::CONTENT_TYPE, JSON);
            let mut edit = object.edit();
            set_model(&object, &mut edit, &model);
            rename(settings, &object, &mut edit);
            drop_refused(settings, &object, &mut edit, &mut dropped);
            if operation == Operation::Chat {
                rules::apply(rules.of(&model), &object, &mut edit, &mut dropped);
            }
            apply_options(settings, &object, &mut edit, &mut dropped)?;
            if stream && count_tokens && operation.spec().stream_end == StreamEnd::Chunks {
                hides_usage = ask_for_usage(settings, &object, &mut edit);
            }
            in_memory(&object, &edit)
        }
        Payload::Opaque {
            content_type,
            body,
            length,
        } => {
            headers.insert(header::CONTENT_TYPE, content_type);
            RequestBody::Stream {
                stream: body,
                length,
            }
        }
    };
    refuse_dropped(strict, &dropped, &settings.name)?;
    let head_timeout = Some(if stream {
        timeouts.first_token
    } else {
        timeouts.total
    });
    let request = TransportRequest {
        method: Method::POST,
        url,
        headers,
        body,
        head_timeout,
    };
    Ok(Prepared {
        request,
        dropped,
        hides_usage,
    })
}

/// From this size on a body is not put together before it is sent.
const LARGE: usize = 16 << 10;

fn in_memory(object: &RawObject, edit: &Edit<'_>) -> RequestBody {
    if object.bytes().len() < LARGE || edit.is_empty() {
        RequestBody::Full(edit.apply())
    } else {
        RequestBody::Pieces(edit.pieces())
    }
}

fn accept(operation: Operation, stream: bool) -> HeaderValue {
    match operation {
        Operation::Speech | Operation::Transcriptions | Operation::Translations => ANYTHING,
        _ if stream => EVENTS,
        _ => JSON,
    }
}

fn set_model(object: &RawObject, edit: &mut Edit<'_>, model: &str) {
    // Some operations have a default model; then there is no name to set.
    if !model.is_empty() && object.string("model").as_deref() != Some(model) {
        edit.set_string("model", model);
    }
}

/// Where a request has both names, the vendor's own stays.
fn rename(settings: &ProviderSettings, object: &RawObject, edit: &mut Edit<'_>) {
    for (name, vendors_name) in &settings.vendor.rename {
        if object.get(vendors_name).is_some() {
            edit.remove(name);
        } else {
            edit.rename(name, vendors_name);
        }
    }
}

fn drop_refused(
    settings: &ProviderSettings,
    object: &RawObject,
    edit: &mut Edit<'_>,
    dropped: &mut Vec<String>,
) {
    let quirky = settings
        .has(Quirk::NoStreamOptions)
        .then_some("stream_options");
    for name in settings
        .vendor
        .drop
        .iter()
        .map(String::as_str)
        .chain(quirky)
    {
        if object.get(name).is_some() {
            edit.remove(name);
            dropped.push(name.to_owned());
        }
    }
}

/// Merges the options that are for this provider alone, and names those that are for others.
fn apply_options(
    settings: &ProviderSettings,
    object: &RawObject,
    edit: &mut Edit<'_>,
    dropped: &mut Vec<String>,
) -> Result<(), TranslateError> {
    if object.get(provider_options::MEMBER).is_none() {
        return Ok(());
    }
    let names = [
        settings.name.as_str(),
        settings.vendor.id.as_str(),
        DEFAULT_DIALECT,
    ];
    let options = ProviderOptions::read(object, &names)?;
    edit.remove(provider_options::MEMBER);
    options.splice(object, edit);
    dropped.extend(options.others);
    Ok(())
}

/// Asks for usage in the stream, the client's other stream options kept. Says whether the client did not.
///
/// Options that are no object are left as they are: they are the client's mistake, and the upstream says so.
fn ask_for_usage(settings: &ProviderSettings, object: &RawObject, edit: &mut Edit<'_>) -> bool {
    if settings.has(Quirk::NoStreamOptions) {
        return false;
    }
    let given = object
        .get("stream_options")
        .filter(|options| !options.is_null());
    let Some(given) = given else {
        edit.set("stream_options", r#"{"include_usage":true}"#);
        return true;
    };
    let text = bytes::Bytes::copy_from_slice(given.value.as_bytes());
    let Ok(options) = RawObject::parse(text, ScanLimits::default()) else {
        return false;
    };
    if options
        .get("include_usage")
        .is_some_and(|asked| asked.value == "true")
    {
        return false;
    }
    let mut inner = options.edit();
    inner.set("include_usage", "true");
    edit.set("stream_options", String::from_utf8_lossy(&inner.apply()));
    true
}
