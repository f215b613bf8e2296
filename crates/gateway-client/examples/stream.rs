//! The answer piece by piece: `cargo run --example stream -- demo/chat`.
#![expect(clippy::print_stdout, reason = "an example prints")]

mod common;

use std::io::Write as _;

use futures::StreamExt as _;
use gateway_client::ChatAccumulator;
use gateway_types::chat::{ChatRequest, Message, StreamOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question = [Message::user("Count from one to ten.")];
    let request = ChatRequest::new(common::model("demo/chat"), question)
        .with_stream_options(StreamOptions::default().with_include_usage(true));
    let mut stream = common::client()?.chat_stream(&request).await?;

    // The stream ends without an error only if the answer is complete.
    let mut answer = ChatAccumulator::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        print!("{}", chunk.text().unwrap_or_default());
        std::io::stdout().flush()?;
        answer.push(chunk);
    }

    let answer = answer.finish();
    let reason = answer.finish_reason().map(ToString::to_string);
    let usage = answer
        .usage
        .as_option()
        .and_then(|usage| usage.total_tokens.copied());
    println!(
        "\n(ended by {}, {} tokens)",
        reason.unwrap_or_default(),
        usage.unwrap_or_default()
    );
    if answer.text().unwrap_or_default().is_empty() {
        Err("the answer has no text".into())
    } else {
        Ok(())
    }
}
