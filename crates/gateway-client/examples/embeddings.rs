//! How close texts are to each other: `cargo run --example embeddings -- demo/embeddings`.
#![expect(clippy::print_stdout, reason = "an example prints")]

mod common;

use gateway_types::embeddings::{Embedding, EmbeddingRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let texts = [
        "A cat sits on the mat.",
        "There is a cat on the mat.",
        "Stocks fell on Monday.",
    ];
    let texts: Vec<String> = texts.map(str::to_owned).into();
    let request = EmbeddingRequest::new(common::model("demo/embeddings"), texts.clone());
    let response = common::client()?.embeddings(&request).await?;

    let vectors = response.data.iter().map(Embedding::as_floats);
    let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
    if vectors.len() != texts.len() {
        return Err("there is not one vector for each text".into());
    }
    let first = vectors.first().ok_or("there are no vectors")?;
    for (text, vector) in texts.iter().zip(&vectors) {
        println!("{:+.3} {text}", cosine(first, vector));
    }
    Ok(())
}

/// The cosine of the angle between two vectors: 1 where they point the same way.
fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
