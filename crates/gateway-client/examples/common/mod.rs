//! What the examples share: where the gateway is, and which model to ask.

use std::env;

use gateway_client::{Client, ClientError};

/// The gateway at `GATEWAY_URL`, with `GATEWAY_API_KEY` where it wants one.
pub(crate) fn client() -> Result<Client, ClientError> {
    let url = env::var("GATEWAY_URL").unwrap_or_else(|_| "http://127.0.0.1:8080/v1".to_owned());
    let builder = Client::builder(url);
    match env::var("GATEWAY_API_KEY") {
        Ok(key) => builder.api_key(key).build(),
        Err(_) => builder.build(),
    }
}

/// The model that the first argument names, or the gateway's built-in one.
pub(crate) fn model(default: &str) -> String {
    env::args().nth(1).unwrap_or_else(|| default.to_owned())
}
