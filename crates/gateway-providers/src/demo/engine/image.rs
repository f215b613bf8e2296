//! Images: one small PNG, whose pattern comes from the prompt.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    CREATED, Request,
    answer::{DemoAnswer, Part, Piece},
    fields::Fields,
    png,
    refusal::Refusal,
    tokens,
};
use crate::Operation;

const MOST_IMAGES: u64 = 8;
const MOST_PARTIAL: u64 = 3;

/// Answers an image request that is JSON.
pub(super) fn generations(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let prompt = request.body.required_string("prompt")?;
    images(request, prompt, "image_generation")
}

/// Answers an image request that is a form; what is in the form is not looked at.
pub(super) fn from_form(
    request: &Request<'_>,
    operation: Operation,
) -> Result<DemoAnswer, Refusal> {
    images(request, operation.name(), "image_edit")
}

fn images(request: &Request<'_>, prompt: &str, event: &str) -> Result<DemoAnswer, Refusal> {
    let body = &request.body;
    let count = body.integer("n", 1..=MOST_IMAGES)?.unwrap_or(1);
    let as_url = wants_url(body)?;
    let partial = body
        .integer("partial_images", 0..=MOST_PARTIAL)?
        .unwrap_or_default();
    let image =
        |index: u64| STANDARD.encode(png::pattern(tokens::hash(&format!("{prompt} {index}"))));
    let size = format!("{side}x{side}", side = png::SIDE);
    let common = json!({
        "created": CREATED, "background": "opaque", "output_format": "png", "quality": "low", "size": size
    });
    let usage = usage(prompt, count);
    if request.stream {
        return Ok(stream(request, event, partial, &image(0), &common, &usage));
    }
    let data: Vec<Value> = (0..count)
        .map(|index| {
            if as_url {
                json!({ "url": format!("data:image/png;base64,{}", image(index)) })
            } else {
                json!({ "b64_json": image(index) })
            }
        })
        .collect();
    Ok(DemoAnswer::ok(&merged(
        &common,
        [("data", Value::from(data)), ("usage", usage)],
    )))
}

fn wants_url(body: &Fields<'_>) -> Result<bool, Refusal> {
    match body.string("response_format")? {
        None | Some("b64_json") => Ok(false),
        Some("url") => Ok(true),
        Some(_) => Err(Refusal::invalid(
            "response_format",
            "It is neither 'url' nor 'b64_json'.",
        )),
    }
}

/// An image costs as many tokens as it has squares.
fn usage(prompt: &str, count: u64) -> Value {
    const EACH: u64 = 64;
    let (input, output) = (tokens::count(prompt), EACH * count);
    json!({
        "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        "input_tokens_details": { "text_tokens": input, "image_tokens": 0 }
    })
}

fn stream(
    request: &Request<'_>,
    event: &str,
    partial: u64,
    image: &str,
    common: &Value,
    usage: &Value,
) -> DemoAnswer {
    let typed = |name: &str, more: (&'static str, Value)| {
        let members = [
            ("type", Value::from(name)),
            ("b64_json", Value::from(image)),
            ("created_at", Value::from(CREATED)),
            more,
        ];
        merged(common, members)
    };
    let mut script: Vec<Piece> = (0..partial)
        .map(|index| {
            let name = format!("{event}.partial_image");
            Piece::named_event(
                Part::Content,
                request.pace,
                &name,
                &typed(&name, ("partial_image_index", Value::from(index))),
            )
        })
        .collect();
    let name = format!("{event}.completed");
    script.push(Piece::named_event(
        Part::Done,
        request.pace,
        &name,
        &typed(&name, ("usage", usage.clone())),
    ));
    DemoAnswer::stream(script)
}

fn merged<const N: usize>(common: &Value, members: [(&str, Value); N]) -> Value {
    let mut object = common.as_object().cloned().unwrap_or_default();
    object.extend(
        members
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value)),
    );
    Value::Object(object)
}
