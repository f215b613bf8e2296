//! How a provider with several credentials is written.

use std::borrow::Cow;

use gateway_providers::Provider;

/// The provider's name, with its account where it has several: `openai`, `openai#2`.
pub fn label(provider: &dyn Provider) -> Cow<'_, str> {
    written(provider.name(), provider.account())
}

/// The same of a name and an account.
pub(crate) fn written<'a>(provider: &'a str, account: Option<&str>) -> Cow<'a, str> {
    match account {
        Some(account) => Cow::Owned(format!("{provider}#{account}")),
        None => Cow::Borrowed(provider),
    }
}
