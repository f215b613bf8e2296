//! An answer as a Rust value: `cargo run --example structured_output -- demo/chat`.
#![expect(clippy::print_stdout, reason = "an example prints")]

mod common;

use gateway_client::schema;
use gateway_types::chat::{ChatRequest, Message};
use schemars::JsonSchema;
use serde::Deserialize;

/// A recipe.
#[derive(Debug, Deserialize, JsonSchema)]
struct Recipe {
    /// What it is called.
    title: String,
    /// What it takes, with amounts.
    ingredients: Vec<Ingredient>,
    /// How long it takes, where that is known.
    minutes: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Ingredient {
    name: String,
    amount: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let question = [Message::user("How do I make pancakes?")];
    let request = ChatRequest::new(common::model("demo/chat"), question)
        .with_response_format(schema::response_format::<Recipe>("recipe")?);
    let response = common::client()?.chat(&request).await?;

    let recipe: Recipe = schema::parse(&response)?;
    println!(
        "{} ({} minutes)",
        recipe.title,
        recipe.minutes.unwrap_or_default()
    );
    for Ingredient { name, amount } in recipe.ingredients {
        println!("- {amount} {name}");
    }
    Ok(())
}
