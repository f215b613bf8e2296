//! The text fields of a `multipart/form-data` body (<https://www.rfc-editor.org/rfc/rfc7578>), as far as the
//! demo provider wants to know them.

use memchr::memmem;
use serde_json::{Map, Value};

/// A field's name, and how its text becomes a JSON value.
type Field = (&'static str, fn(&str) -> Value);

/// Fields that are read, and how.
const FIELDS: &[Field] = &[
    ("model", |text| Value::from(text)),
    ("stream", |text| Value::from(text == "true")),
    ("n", number),
    ("response_format", |text| Value::from(text)),
];

/// The longest value that is read, in bytes.
const LONGEST: usize = 256;

fn number(text: &str) -> Value {
    text.parse::<u64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

/// The fields as the members of a JSON request; `None` when the content type names no boundary.
pub(super) fn members(content_type: &str, body: &[u8]) -> Option<Map<String, Value>> {
    let delimiter = format!("--{}", boundary(content_type)?);
    let mut members = Map::new();
    let mut starts = memmem::find_iter(body, delimiter.as_bytes())
        .map(|at| at + delimiter.len())
        .peekable();
    while let Some(start) = starts.next() {
        let end = starts
            .peek()
            .map_or(body.len(), |next| next.saturating_sub(delimiter.len()));
        if let Some((name, value)) = body.get(start..end).and_then(text_field) {
            members.insert(name, value);
        }
    }
    Some(members)
}

fn boundary(content_type: &str) -> Option<&str> {
    let is_form = content_type
        .trim_start()
        .get(..19)?
        .eq_ignore_ascii_case("multipart/form-data");
    let parameters = content_type.split(';').skip(1).filter(|_| is_form);
    let (_, value) = parameters
        .filter_map(|one| one.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    Some(value.trim().trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// A part that is one of the known fields.
fn text_field(part: &[u8]) -> Option<(String, Value)> {
    let blank = memmem::find(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(part.get(..blank)?).ok()?;
    let (name, read) = FIELDS.iter().find(|(name, _)| {
        head.contains(&format!("form-data; name=\"{name}\"")) && !head.contains("filename=")
    })?;
    let value = part
        .get(blank + 4..)?
        .strip_suffix(b"\r\n")
        .filter(|value| value.len() <= LONGEST)?;
    Some(((*name).to_owned(), read(std::str::from_utf8(value).ok()?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_around_a_file() {
        let body = concat!(
            "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n",
            "name=\"model\"\r\n\r\nnot-this\r\n",
            "--xx\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ntranscription\r\n",
            "--xx\r\nContent-Disposition: form-data; name=\"stream\"\r\n\r\ntrue\r\n--xx--\r\n"
        );
        let members = members("multipart/form-data; boundary=\"xx\"", body.as_bytes()).unwrap();
        assert_eq!(
            Value::Object(members),
            json!({"model": "transcription", "stream": true})
        );
        assert_eq!(super::members("application/json", body.as_bytes()), None);
        assert_eq!(super::members("multipart/form-data", body.as_bytes()), None);
    }
}
