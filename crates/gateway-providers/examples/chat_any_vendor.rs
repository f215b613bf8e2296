//! Chats with whichever vendor the environment names, and with the demo where it names none.
//!
//! `GROQ_API_KEY=... cargo run -p gateway-providers --example chat_any_vendor -- groq MODEL "Why is the sky blue?"`

use std::{collections::BTreeMap, env, error::Error, sync::Arc};

use futures::StreamExt;
use gateway_client::transport::{HttpTransport, HttpTransportConfig, Transport};
use gateway_providers::{
    Catalog, ProviderSettings, Registry,
    demo::{DemoConfig, DemoProvider},
    typed::ProviderExt,
};
use gateway_types::chat::{ChatRequest, Message};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "demo".to_owned());
    let model = arguments.next().unwrap_or_else(|| "chat".to_owned());
    let question = arguments
        .next()
        .unwrap_or_else(|| "Say something nice.".to_owned());

    let registry = registry()?;
    let names: Vec<_> = registry.iter().map(|provider| provider.name()).collect();
    let provider = registry
        .get(&name)
        .ok_or_else(|| format!("no provider `{name}`; there are {names:?}"))?;
    let request = ChatRequest::new(model, [Message::user(question)]);
    let mut chunks = provider.chat_stream(&request).await?;
    while let Some(chunk) = chunks.next().await {
        print!("{}", chunk?.text().unwrap_or_default());
    }
    println!();
    Ok(())
}

/// Every vendor that the environment has a key for, and the demo.
fn registry() -> Result<Registry, Box<dyn Error>> {
    let environment: BTreeMap<String, String> = env::vars().collect();
    let transport: Arc<dyn Transport> =
        Arc::new(HttpTransport::new(HttpTransportConfig::default())?);
    let found = Catalog::builtin()?.discover(&environment);
    let settings = found
        .into_iter()
        .map(|found| ProviderSettings::resolve(found.input));
    let mut registry = Registry::build(settings.collect::<Result<Vec<_>, _>>()?, &transport)?;
    registry.register(Arc::new(DemoProvider::new(DemoConfig::default())?))?;
    Ok(registry)
}
