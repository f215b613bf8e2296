//! What the upstream's protocol could not carry, told to the caller.

use http::{HeaderName, HeaderValue};

use crate::{CallError, Reply, TranslateError};

const DROPPED: HeaderName = HeaderName::from_static("x-gateway-dropped");

/// The longest list in bytes; a header of more than a few KB gets an answer refused by proxies.
const LONGEST: usize = 2048;

/// In strict mode nothing may be lost.
///
/// # Errors
/// Names the first member that would be, and all of them in its text.
pub(crate) fn refuse_dropped(
    strict: bool,
    dropped: &[String],
    provider: &str,
) -> Result<(), TranslateError> {
    let Some(first) = dropped.first().filter(|_| strict) else {
        return Ok(());
    };
    let names = dropped
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    Err(TranslateError::InvalidValue {
        param: first.clone(),
        message: format!(
            "provider `{provider}` cannot be told {names}: leave it out, or do without strict translation"
        ),
    })
}

/// Names in the reply's headers what the request lost on its way.
pub(crate) fn tell_dropped(
    reply: Result<Reply, CallError>,
    dropped: &[String],
) -> Result<Reply, CallError> {
    let mut reply = reply?;
    reply.tell_dropped(dropped);
    Ok(reply)
}

impl Reply {
    /// Names in its headers (`x-gateway-dropped`) what was to be sent and was not, beside what is named there already.
    pub fn tell_dropped(&mut self, dropped: &[String]) {
        if let Some(value) = header(dropped) {
            self.headers.append(DROPPED, value);
        }
    }
}

/// The list as a header; `None` where nothing was lost. Names come from requests: what a header cannot carry
/// is written as `?`, and a list that is too long ends in how many are not named.
fn header(dropped: &[String]) -> Option<HeaderValue> {
    let mut text = String::new();
    for (place, name) in dropped.iter().enumerate() {
        if text.len() + name.len() > LONGEST {
            text.push_str(&format!(", and {} more", dropped.len() - place));
            break;
        }
        if place > 0 {
            text.push_str(", ");
        }
        text.extend(
            name.chars()
                .map(|c| if (' '..='~').contains(&c) { c } else { '?' }),
        );
    }
    HeaderValue::from_str(&text)
        .ok()
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_whatever_names_is_a_header() {
        let list = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            header(&names).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(list(&[]), None);
        assert_eq!(list(&["seed", "n"]).as_deref(), Some("seed, n"));
        assert_eq!(list(&["a\r\nb", "ü"]).as_deref(), Some("a??b, ?"));
        let long = "x".repeat(1500);
        let told = list(&[&long, &long, "z"]).unwrap();
        assert!(told.ends_with("xx, and 2 more"), "{told}");
    }
}
