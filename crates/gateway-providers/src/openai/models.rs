//! Model lists: whatever their shape, each model as OpenAI would list it. Pure.

use bytes::Bytes;
use gateway_types::json::{RawObject, ScanLimits};

use crate::{
    Fault, FaultKind,
    peek::{Cursor, Malformed, is_valid},
    provider::ListedModel,
    vendor::ModelListShape,
};

const LIMITS: ScanLimits = ScanLimits { max_depth: 128 };

/// Members that hold the list: OpenAI's, and Cloudflare's envelope. A bare array has none.
const LIST_MEMBERS: &[&[u8]] = &[b"data", b"result", b"models"];

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) models: Vec<ListedModel>,
    /// How many pages there are in all, where the answer says so.
    pub(super) pages: u32,
}

/// Reads one page. A model without a usable id is left out; everything else keeps its members.
pub(super) fn read_page(
    answer: &Bytes,
    shape: ModelListShape,
    owner: &str,
) -> Result<Page, Box<Fault>> {
    let wrong = || {
        Box::new(Fault::new(
            FaultKind::InvalidResponse,
            "a model list that is no list of models",
        ))
    };
    if !is_valid(answer) {
        return Err(wrong());
    }
    let found = find(answer).map_err(|Malformed| wrong())?;
    if !found.is_list {
        return Err(wrong());
    }
    let models = found
        .entries
        .into_iter()
        .filter_map(|entry| listed(entry, shape, owner))
        .collect();
    Ok(Page {
        models,
        pages: found.pages.max(1),
    })
}

/// A model that configuration names and no list has.
pub(super) fn static_model(id: &str, owner: &str) -> Option<ListedModel> {
    let object =
        serde_json::json!({ "id": id, "object": "model", "created": 0, "owned_by": owner });
    let object = RawObject::parse(Bytes::from(object.to_string()), LIMITS).ok()?;
    Some(ListedModel {
        id: id.to_owned(),
        object,
    })
}

#[derive(Default)]
struct Found<'a> {
    is_list: bool,
    entries: Vec<&'a [u8]>,
    pages: u32,
}

fn find(answer: &[u8]) -> Result<Found<'_>, Malformed> {
    let mut found = Found::default();
    let mut cursor = Cursor::new(answer);
    if cursor.peek() == Some(b'[') {
        found.read_list(&mut cursor)?;
        return Ok(found);
    }
    cursor.members(|cursor, key| match key.text().as_ref() {
        name if LIST_MEMBERS.contains(&name) => found.read_list(cursor),
        b"result_info" => found.read_pages(cursor),
        _ => cursor.value().map(drop),
    })?;
    Ok(found)
}

impl<'a> Found<'a> {
    /// An empty list is written as `null` by some (Ollama without a model).
    fn read_list(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let kind = cursor.peek();
        self.is_list |= matches!(kind, Some(b'[' | b'n'));
        cursor.elements(|cursor| {
            self.entries.push(cursor.value()?);
            Ok(())
        })
    }

    fn read_pages(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        cursor.members(|cursor, key| {
            let value = cursor.value()?;
            if key.text().as_ref() == b"total_pages" {
                self.pages = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or_default();
            }
            Ok(())
        })
    }
}

/// The model in OpenAI's shape: <https://platform.openai.com/docs/api-reference/models/object>.
fn listed(entry: &[u8], shape: ModelListShape, owner: &str) -> Option<ListedModel> {
    let object = RawObject::parse(Bytes::copy_from_slice(entry), LIMITS).ok()?;
    let own_id = object
        .string("id")
        .filter(|_| shape != ModelListShape::Cloudflare);
    let id = own_id
        .or_else(|| object.string("name"))
        .or_else(|| object.string("id"))?
        .into_owned();
    if id.is_empty() {
        return None;
    }
    let mut edit = object.edit();
    if object.string("id").as_deref() != Some(&id) {
        edit.set_string("id", &id);
    }
    if object.string("object").as_deref() != Some("model") {
        edit.set_string("object", "model");
    }
    if !object
        .get("created")
        .is_some_and(|created| is_integer(created.value))
    {
        edit.set("created", created(&object));
    }
    if object.string("owned_by").is_none() {
        edit.set_string("owned_by", owner);
    }
    let shaped = edit.apply();
    Some(ListedModel {
        id,
        object: RawObject::parse(shaped, LIMITS).ok()?,
    })
}

fn is_integer(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A fractional time is cut to seconds; one that is missing or in words is zero, which is 'not known'.
fn created(object: &RawObject) -> String {
    let given = object
        .get("created")
        .map(|created| created.value.to_owned())
        .unwrap_or_default();
    let whole = given.split('.').next().unwrap_or_default();
    if is_integer(whole) {
        whole.to_owned()
    } else {
        "0".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(answer: &'static str, shape: ModelListShape) -> Option<Vec<String>> {
        let page = read_page(&Bytes::from_static(answer.as_bytes()), shape, "lab").ok()?;
        Some(page.models.into_iter().map(|model| model.id).collect())
    }

    #[test]
    fn every_shape_is_read() {
        use ModelListShape::{Array, Cloudflare, Openai};
        for (answer, shape, expected) in [
            (
                r#"{"object":"list","data":[{"id":"a/B"},{"id":"c"}]}"#,
                Openai,
                &["a/B", "c"][..],
            ),
            (r#"{"object":"list","data":null}"#, Openai, &[]),
            (r#"[{"id":"a"}]"#, Openai, &["a"]),
            (
                r#"[{"id":"a"},{"id":7},{"id":""},5,{"name":"n"}]"#,
                Array,
                &["a", "n"],
            ),
            (
                r#"{"result":[{"id":"uuid","name":"@cf/meta/x"}],"success":true}"#,
                Cloudflare,
                &["@cf/meta/x"],
            ),
        ] {
            assert_eq!(
                ids(answer, shape).as_deref(),
                Some(
                    &expected
                        .iter()
                        .map(|id| (*id).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{answer}"
            );
        }
        for answer in [
            "",
            "<html>",
            "{}",
            "5",
            r#"{"data":{"id":"a"}}"#,
            r#"{"data":[{"id":"a"}"#,
        ] {
            assert_eq!(ids(answer, Openai), None, "{answer}");
        }
    }

    #[test]
    fn a_model_becomes_openais_and_keeps_its_members() {
        let answer = r#"[{"id":"a","created":1700000000.7,"context_length":1e5,"x":{"y":[1]}},{"id":"b","object":"model","created":5,"owned_by":"them"}]"#;
        let page = read_page(
            &Bytes::from_static(answer.as_bytes()),
            ModelListShape::Openai,
            "lab",
        )
        .unwrap();
        let texts: Vec<_> = page
            .models
            .iter()
            .map(|model| String::from_utf8_lossy(model.object.bytes()).into_owned())
            .collect();
        assert_eq!(
            texts,
            [
                r#"{"id":"a","created":1700000000,"context_length":1e5,"x":{"y":[1]},"object":"model","owned_by":"lab"}"#,
                r#"{"id":"b","object":"model","created":5,"owned_by":"them"}"#,
            ]
        );
        assert_eq!(
            static_model("m", "lab")
                .unwrap()
                .object
                .string("owned_by")
                .as_deref(),
            Some("lab")
        );
    }

    #[test]
    fn pages_are_counted() {
        let answer =
            Bytes::from_static(br#"{"result":[],"result_info":{"page":1,"total_pages":3}}"#);
        assert_eq!(
            read_page(&answer, ModelListShape::Cloudflare, "cf")
                .unwrap()
                .pages,
            3
        );
    }
}
