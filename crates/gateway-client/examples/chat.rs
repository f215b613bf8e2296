//! One question, one answer: `cargo run --example chat -- demo/chat`.
#![expect(clippy::print_stdout, reason = "an example prints")]

mod common;

use gateway_types::chat::{ChatRequest, Message};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question = [
        Message::system("Answer briefly."),
        Message::user("What is a gateway?"),
    ];
    let request = ChatRequest::new(common::model("demo/chat"), question);
    let response = common::client()?.chat(&request).await?;

    println!("{}", response.text().ok_or("the answer has no text")?);
    if let Some(usage) = response.usage.as_option() {
        println!(
            "({} tokens)",
            usage.total_tokens.copied().unwrap_or_default()
        );
    }
    Ok(())
}
