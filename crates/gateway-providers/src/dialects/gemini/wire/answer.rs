//! What comes back. Everything may be missing or `null`; what is not named here is ignored, or carried where a
//! part or an object is kept raw.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;

use crate::dialects::text::Text;

/// A whole answer, or one event of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Answer<'a> {
    #[serde(borrow)]
    pub(in super::super) candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow)]
    pub(in super::super) prompt_feedback: Option<PromptFeedback<'a>>,
    #[serde(borrow)]
    pub(in super::super) usage_metadata: Option<UsageMetadata<'a>>,
    #[serde(borrow)]
    pub(in super::super) model_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) response_id: Option<Text<'a>>,
    /// Whether the model is about to be withdrawn.
    #[serde(borrow)]
    pub(in super::super) model_status: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) create_time: Option<Text<'a>>,
    /// An error in place of an answer.
    #[serde(borrow)]
    pub(in super::super) error: Option<&'a RawValue>,
}

/// One of the answers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Candidate<'a> {
    pub(in super::super) index: Option<u32>,
    #[serde(borrow)]
    pub(in super::super) content: Option<Content<'a>>,
    #[serde(borrow)]
    pub(in super::super) finish_reason: Option<Word<'a>>,
    #[serde(borrow)]
    pub(in super::super) finish_message: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) safety_ratings: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) citation_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) grounding_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) url_context_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) logprobs_result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) token_count: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) avg_logprobs: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) continuation_token: Option<Text<'a>>,
}

/// What a candidate says.
#[derive(Debug, Default, Deserialize)]
pub(in super::super) struct Content<'a> {
    /// Each part raw: a part of a kind that is not known is carried as it is.
    #[serde(borrow)]
    pub(in super::super) parts: Option<Vec<&'a RawValue>>,
}

/// One part, of the kinds that OpenAI's chat has a place for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Part<'a> {
    #[serde(borrow)]
    pub(in super::super) text: Option<Text<'a>>,
    pub(in super::super) thought: Option<bool>,
    #[serde(borrow)]
    pub(in super::super) thought_signature: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) function_call: Option<FunctionCall<'a>>,
    #[serde(borrow)]
    pub(in super::super) inline_data: Option<Blob<'a>>,
    /// What is said of the part, beside what it holds.
    #[serde(borrow)]
    pub(in super::super) part_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) media_resolution: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) media_processing: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) video_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) audio_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) speech_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) document_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) spreadsheet_metadata: Option<&'a RawValue>,
}

impl<'a> Part<'a> {
    /// What is said of the part, by the names that it has.
    pub(in super::super) fn beside(&self) -> impl Iterator<Item = (&'static str, &'a RawValue)> {
        let members = [
            ("partMetadata", self.part_metadata),
            ("mediaResolution", self.media_resolution),
            ("mediaProcessing", self.media_processing),
            ("videoMetadata", self.video_metadata),
            ("audioMetadata", self.audio_metadata),
            ("speechMetadata", self.speech_metadata),
            ("documentMetadata", self.document_metadata),
            ("spreadsheetMetadata", self.spreadsheet_metadata),
            (
                "displayName",
                self.inline_data.as_ref().and_then(|blob| blob.display_name),
            ),
        ];
        members
            .into_iter()
            .filter_map(|(name, raw)| Some((name, raw?)))
    }
}

/// A call, or a piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct FunctionCall<'a> {
    #[serde(borrow)]
    pub(in super::super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) args: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) partial_args: Option<Vec<PartialArg<'a>>>,
    pub(in super::super) will_continue: Option<bool>,
}

/// A piece of a call's arguments.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PartialArg<'a> {
    #[serde(borrow)]
    pub(in super::super) json_path: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) string_value: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) number_value: Option<&'a RawValue>,
    pub(in super::super) bool_value: Option<bool>,
    pub(in super::super) will_continue: Option<bool>,
}

/// Bytes in base64.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Blob<'a> {
    #[serde(borrow)]
    pub(in super::super) mime_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) data: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) display_name: Option<&'a RawValue>,
}

/// What is said about the prompt.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PromptFeedback<'a> {
    #[serde(borrow)]
    pub(in super::super) block_reason: Option<Word<'a>>,
    #[serde(borrow)]
    pub(in super::super) block_reason_message: Option<Text<'a>>,
    #[serde(borrow)]
    pub(in super::super) safety_ratings: Option<&'a RawValue>,
}

/// Tokens, cumulative within one request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct UsageMetadata<'a> {
    pub(in super::super) prompt_token_count: Option<u64>,
    pub(in super::super) cached_content_token_count: Option<u64>,
    pub(in super::super) candidates_token_count: Option<u64>,
    pub(in super::super) thoughts_token_count: Option<u64>,
    pub(in super::super) tool_use_prompt_token_count: Option<u64>,
    pub(in super::super) total_token_count: Option<u64>,
    #[serde(borrow)]
    pub(in super::super) prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) candidates_tokens_details: Option<&'a RawValue>,
    /// The counts by kind of media that OpenAI's usage has no place for stay raw.
    #[serde(borrow)]
    pub(in super::super) cache_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) tool_use_prompt_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(in super::super) service_tier: Option<Word<'a>>,
    #[serde(borrow)]
    pub(in super::super) traffic_type: Option<Word<'a>>,
}

/// Tokens of one kind of media.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ModalityCount<'a> {
    #[serde(borrow)]
    pub(in super::super) modality: Option<Word<'a>>,
    pub(in super::super) token_count: Option<u64>,
}

/// A value of an enum: its name, or its number where the caller asked for `enum-encoding=int`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Word<'a> {
    Name(Cow<'a, str>),
    Number(u64),
}

impl<'a> Word<'a> {
    /// The name; a number is looked up in `names`, and stays a number where it is not there.
    pub(in super::super) fn name(&self, names: &[&'static str]) -> Cow<'a, str> {
        match self {
            Self::Name(name) => name.clone(),
            Self::Number(number) => usize::try_from(*number)
                .ok()
                .and_then(|place| names.get(place))
                .map_or_else(
                    || Cow::Owned(number.to_string()),
                    |name| Cow::Borrowed(*name),
                ),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('"') {
            let text: Text<'a> = serde_json::from_str(raw).map_err(D::Error::custom)?;
            return Ok(Self::Name(text.0));
        }
        raw.parse().map(Self::Number).map_err(D::Error::custom)
    }
}
