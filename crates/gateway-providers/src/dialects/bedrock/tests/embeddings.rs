//! Embeddings, a request a text or many at once.

use bytes::Bytes;
use serde_json::{Value, json};

use super::replay::encode;
use crate::{Operation, TranslateError, dialects::Decoder};

fn bodies(model: &str, request: &Value) -> (Vec<Value>, Vec<String>, Decoder) {
    let encoded = encode(Operation::Embeddings, model, false, request).unwrap();
    for request in &encoded.requests {
        assert_eq!(request.path.segments, ["model", model, "invoke"]);
    }
    let bodies = encoded
        .requests
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap());
    (bodies.collect(), encoded.dropped, encoded.decoder)
}

fn read(decoder: Decoder, answers: &[Value]) -> Result<(Value, Option<u64>), String> {
    let Decoder::Whole(decoder) = decoder else {
        panic!("no whole decoder");
    };
    let answers = answers
        .iter()
        .map(|answer| Bytes::from(answer.to_string()))
        .collect();
    let told = decoder.read(answers).map_err(|fault| fault.to_string())?;
    let tokens = told.usage.and_then(|usage| usage.input);
    Ok((serde_json::from_slice(&told.body).unwrap(), tokens))
}

#[test]
fn titan_takes_one_text_a_request() {
    let request = json!({
        "model": "x", "input": ["a", "b"], "dimensions": 256, "normalize": true, "user": "u",
        "encoding_format": "float"
    });
    let (sent, dropped, decoder) = bodies("amazon.titan-embed-text-v2:0", &request);
    assert_eq!(
        sent,
        [
            json!({"inputText": "a", "dimensions": 256, "normalize": true}),
            json!({"inputText": "b", "dimensions": 256, "normalize": true}),
        ]
    );
    assert_eq!(dropped, ["user"]);
    let answers = [
        json!({"embedding": [0.5, 1], "inputTextTokenCount": 3}),
        json!({"embedding": [2, 3], "inputTextTokenCount": 4, "embeddingsByType": {"float": [2, 3]}}),
    ];
    let (told, tokens) = read(decoder, &answers).unwrap();
    assert_eq!(told["data"][1]["index"], 1);
    assert_eq!(told["data"][0]["embedding"], json!([0.5, 1]));
    assert_eq!(
        told["usage"],
        json!({"prompt_tokens": 7, "total_tokens": 7})
    );
    assert_eq!(tokens, Some(7));
}

#[test]
fn cohere_takes_many_texts_and_answers_in_two_shapes() {
    let texts: Vec<String> = (0..97).map(|n| n.to_string()).collect();
    let request =
        json!({"model": "x", "input": texts, "truncate": "END", "encoding_format": "base64"});
    let (sent, dropped, decoder) = bodies("cohere.embed-v4:0", &request);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0]["texts"].as_array().unwrap().len(), 96);
    assert_eq!(
        sent[1],
        json!({"truncate": "END", "input_type": "search_document", "texts": ["96"]})
    );
    assert!(dropped.is_empty());
    let first: Vec<Value> = (0..96).map(|_| json!([1.0, -2.0])).collect();
    let answers = [
        json!({"embeddings": first, "response_type": "embeddings_floats"}),
        json!({"embeddings": {"float": [[1.0, -2.0]]}, "response_type": "embeddings_by_type"}),
    ];
    let (told, _) = read(decoder, &answers).unwrap();
    assert_eq!(told["data"].as_array().unwrap().len(), 97);
    assert_eq!(told["data"][96]["embedding"], "AACAPwAAAMA=");
}

#[test]
fn images_models_and_nova_have_words_of_their_own() {
    let request = json!({"model": "x", "input": "a", "dimensions": 384});
    let (sent, ..) = bodies("amazon.titan-embed-image-v1", &request);
    assert_eq!(
        sent,
        [json!({"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 384}})]
    );
    let (sent, _, decoder) = bodies("amazon.nova-2-multimodal-embeddings-v1:0", &request);
    assert_eq!(
        sent,
        [
            json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_INDEX",
                "text": {"truncationMode": "NONE", "value": "a"},
                "embeddingDimension": 384
            }})
        ]
    );
    let answer = json!({"embeddings": [{"embeddingType": "TEXT", "embedding": [1, 2]}]});
    assert_eq!(
        read(decoder, &[answer]).unwrap().0["data"][0]["embedding"],
        json!([1, 2])
    );
}

#[test]
fn what_cannot_be_embedded_is_refused_by_name() {
    for (model, input, named) in [
        ("amazon.titan-embed-text-v2:0", json!([1, 2]), "input"),
        ("amazon.titan-embed-text-v2:0", json!([]), "input"),
        (
            "amazon.titan-embed-text-v2:0",
            json!([{"image": "x"}]),
            "input",
        ),
        ("anthropic.claude-sonnet-5", json!("a"), "model"),
    ] {
        let request = json!({"model": "x", "input": input});
        let Err(TranslateError::InvalidValue { param, .. }) =
            encode(Operation::Embeddings, model, false, &request)
        else {
            panic!("{request} was taken");
        };
        assert_eq!(param, named);
    }
    for answer in [
        json!({}),
        json!({"embedding": ["x"]}),
        json!({"embeddings": [[1], [2]]}),
    ] {
        let (_, _, decoder) = bodies(
            "amazon.titan-embed-text-v1",
            &json!({"model": "x", "input": "a"}),
        );
        assert!(read(decoder, &[answer]).is_err());
    }
}
