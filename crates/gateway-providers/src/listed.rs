//! A model in OpenAI's shape, made from what another protocol says about it.
//!
//! Spec: <https://platform.openai.com/docs/api-reference/models/object>

use bytes::Bytes;
use gateway_types::json::{RawObject, ScanLimits};
use serde_json::{Map, Value};

use crate::provider::ListedModel;

const LIMITS: ScanLimits = ScanLimits { max_depth: 128 };

/// A model with this id; `created` is in seconds since 1970, 0 where nobody says. Of `native`, the provider's
/// own object, every member is kept that OpenAI's shape does not name. `None` where the object cannot be kept.
pub(crate) fn model(
    id: &str,
    created: i64,
    owned_by: &str,
    native: Option<&Map<String, Value>>,
) -> Option<ListedModel> {
    let mut object = Map::new();
    object.insert("id".to_owned(), id.into());
    object.insert("object".to_owned(), "model".into());
    object.insert("created".to_owned(), created.into());
    object.insert("owned_by".to_owned(), owned_by.into());
    for (name, value) in native.into_iter().flatten() {
        if !object.contains_key(name) {
            object.insert(name.clone(), value.clone());
        }
    }
    let object = RawObject::parse(Bytes::from(Value::Object(object).to_string()), LIMITS).ok()?;
    Some(ListedModel {
        id: id.to_owned(),
        object,
    })
}
