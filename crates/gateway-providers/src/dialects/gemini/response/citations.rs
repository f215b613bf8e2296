//! What a text rests on, as citations of web pages.
//!
//! The provider counts bytes and OpenAI characters. Where all of the text so far is ASCII they are the same and
//! are told; where it is not, the citation is told without its place, which stands in `provider_data`.
//!
//! Spec: <https://ai.google.dev/api/generate-content#GroundingMetadata>.

use std::borrow::Cow;

use gateway_types::chat::{Annotation, UrlCitation, UrlCitationAnnotation};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::choice::ChoiceState;
use crate::answer::AnswerWriter;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grounding<'a> {
    #[serde(borrow)]
    grounding_chunks: Option<Vec<Chunk<'a>>>,
    grounding_supports: Option<Vec<Support>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow)]
    web: Option<Page<'a>>,
    #[serde(borrow)]
    retrieved_context: Option<Page<'a>>,
    #[serde(borrow)]
    maps: Option<Page<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Page<'a> {
    #[serde(borrow, default)]
    uri: Cow<'a, str>,
    #[serde(borrow, default)]
    title: Cow<'a, str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Support {
    grounding_chunk_indices: Option<Vec<usize>>,
    segment: Option<Segment>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Segment {
    part_index: Option<u64>,
    start_index: Option<u64>,
    end_index: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Citations<'a> {
    /// As Google AI Studio calls them.
    #[serde(borrow)]
    citation_sources: Option<Vec<Source<'a>>>,
    /// As Vertex calls them.
    #[serde(borrow)]
    citations: Option<Vec<Source<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source<'a> {
    #[serde(flatten, borrow)]
    page: Page<'a>,
    start_index: Option<u64>,
    end_index: Option<u64>,
}

/// Tells the pages that a text is grounded on; without any support, the pages alone.
pub(super) fn grounding(raw: &RawValue, choice: &ChoiceState, answer: &mut AnswerWriter) {
    let Ok(native) = serde_json::from_str::<Grounding<'_>>(raw.get()) else {
        return;
    };
    let chunks = native.grounding_chunks.unwrap_or_default();
    let supports = native.grounding_supports.unwrap_or_default();
    if supports.is_empty() {
        for page in chunks.iter().filter_map(Chunk::page) {
            tell(page, None, choice, answer);
        }
    }
    for support in supports {
        let places = support.grounding_chunk_indices.unwrap_or_default();
        let pages = places.iter().filter_map(|place| chunks.get(*place)?.page());
        for page in pages {
            tell(page, support.segment, choice, answer);
        }
    }
}

/// Tells the pages that a text recites.
pub(super) fn citations(raw: &RawValue, choice: &ChoiceState, answer: &mut AnswerWriter) {
    let Ok(native) = serde_json::from_str::<Citations<'_>>(raw.get()) else {
        return;
    };
    let sources = native.citation_sources.into_iter().chain(native.citations);
    for source in sources.flatten() {
        let segment = Segment {
            part_index: None,
            start_index: source.start_index,
            end_index: source.end_index,
        };
        tell(&source.page, Some(segment), choice, answer);
    }
}

impl<'a> Chunk<'a> {
    fn page(&self) -> Option<&Page<'a>> {
        self.web
            .as_ref()
            .or(self.retrieved_context.as_ref())
            .or(self.maps.as_ref())
    }
}

fn tell(
    page: &Page<'_>,
    segment: Option<Segment>,
    choice: &ChoiceState,
    answer: &mut AnswerWriter,
) {
    if page.uri.is_empty() {
        return;
    }
    let mut citation = UrlCitation::default();
    citation.url = page.uri.as_ref().to_owned();
    if !page.title.is_empty() {
        citation.title = page.title.as_ref().into();
    }
    let segment = segment.filter(|segment| choice.is_ascii && segment.part_index.unwrap_or(0) == 0);
    if let Some(segment) = segment
        && let Some(end) = segment.end_index
    {
        citation.start_index = segment.start_index.unwrap_or(0).into();
        citation.end_index = end.into();
    }
    let mut annotation = UrlCitationAnnotation::default();
    annotation.url_citation = citation;
    answer.annotation(choice.index, Annotation::UrlCitation(annotation));
}
