//! Reranking by the words that a document shares with the query, in the form that Cohere, Jina and vLLM share.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Request, answer::DemoAnswer, fields::Fields, refusal::Refusal, tokens};

const MOST_DOCUMENTS: usize = 10_000;

/// Answers a rerank request.
pub(super) fn answer(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let body = &request.body;
    let query = body.required_string("query")?;
    let documents = documents(body)?;
    let top = body
        .integer("top_n", 1..=u64::MAX)?
        .map_or(documents.len(), |top| {
            usize::try_from(top).unwrap_or(usize::MAX)
        });
    let with_documents = body.flag("return_documents")?;
    let wanted: HashSet<String> = tokens::words(query).collect();
    let mut scored: Vec<(usize, f64)> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| (index, score(&wanted, document)))
        .collect();
    // A stable sort: equal documents stay in their order.
    scored.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let results: Vec<Value> = scored
        .into_iter()
        .take(top)
        .map(|(index, score)| {
            let mut result = json!({ "index": index, "relevance_score": score });
            if let (true, Some(result), Some(text)) =
                (with_documents, result.as_object_mut(), documents.get(index))
            {
                result.insert("document".to_owned(), json!({ "text": text }));
            }
            result
        })
        .collect();
    let count: u64 = tokens::count(query)
        + documents
            .iter()
            .map(|document| tokens::count(document))
            .sum::<u64>();
    let id = tokens::id("rerank-", &format!("{query} {}", documents.join("\n")));
    let usage = json!({ "prompt_tokens": count, "total_tokens": count });
    Ok(DemoAnswer::ok(
        &json!({ "id": id, "model": request.model, "results": results, "usage": usage }),
    ))
}

/// The documents: texts, or objects with a `text`.
fn documents<'a>(body: &Fields<'a>) -> Result<Vec<&'a str>, Refusal> {
    body.required("documents")?;
    let documents = body.array("documents")?.unwrap_or_default();
    if documents.is_empty() || documents.len() > MOST_DOCUMENTS {
        return Err(Refusal::invalid(
            "documents",
            format!("'documents' must have from 1 to {MOST_DOCUMENTS} documents."),
        ));
    }
    let text = |(index, document): (usize, &'a Value)| {
        let found = document.as_str().or_else(|| document.get("text")?.as_str());
        found.ok_or_else(|| {
            Refusal::wrong_type(
                format!("documents[{index}]"),
                "a string or an object with a 'text'",
            )
        })
    };
    documents.iter().enumerate().map(text).collect()
}

/// The share of the query's words that the document has.
fn score(wanted: &HashSet<String>, document: &str) -> f64 {
    let present: HashSet<String> = tokens::words(document)
        .filter(|word| wanted.contains(word))
        .collect();
    let count = |words: &HashSet<String>| f64::from(u32::try_from(words.len()).unwrap_or(u32::MAX));
    count(&present) / count(wanted).max(1.0)
}
