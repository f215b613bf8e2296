//! The model calls a Rust function: `cargo run --example tools -- demo/chat`.
#![expect(clippy::print_stdout, reason = "an example prints")]

mod common;

use gateway_client::schema;
use gateway_types::chat::{ChatRequest, Message, ToolCall, ToolChoice};
use schemars::JsonSchema;
use serde::Deserialize;

/// The function's arguments. The model reads the comments.
#[derive(Debug, Deserialize, JsonSchema)]
struct Weather {
    /// The city, in English.
    city: String,
    /// Whether to answer in Fahrenheit.
    fahrenheit: Option<bool>,
}

fn weather(arguments: &Weather) -> String {
    let unit = if arguments.fahrenheit == Some(true) {
        "68 °F"
    } else {
        "20 °C"
    };
    format!("{unit} and sunny in {}", arguments.city)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = common::client()?;
    let question = [Message::user("What is the weather in Oslo?")];
    let mut request = ChatRequest::new(common::model("demo/chat"), question)
        .with_tools([schema::tool::<Weather>(
            "weather",
            "The weather in a city now.",
        )?])
        .with_tool_choice(ToolChoice::function("weather"));

    let response = client.chat(&request).await?;
    let message = response.message().ok_or("there is no answer")?.clone();
    let calls: Vec<ToolCall> = message.tool_calls.iter().cloned().collect();
    if calls.is_empty() {
        return Err("the model called no tool".into());
    }

    // The model's own message goes back whole, then the answer to each of its calls.
    request.messages.push(message.into_history());
    for call in &calls {
        let arguments: Weather = call.arguments()?;
        let result = weather(&arguments);
        println!(
            "{}({arguments:?}) = {result}",
            call.name().unwrap_or_default()
        );
        request
            .messages
            .push(Message::tool(call.id().unwrap_or_default(), result));
    }
    let request = request.with_tool_choice("none");
    println!(
        "{}",
        client
            .chat(&request)
            .await?
            .text()
            .ok_or("the answer has no text")?
    );
    Ok(())
}
