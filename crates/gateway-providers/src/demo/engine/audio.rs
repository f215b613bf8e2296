//! Audio: a short tone for speech, a fixed text for what is heard.

use std::f64::consts::TAU;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    Request,
    answer::{DemoAnswer, Part, Piece},
    refusal::Refusal,
    tokens,
};

/// Samples a second: the rate of OpenAI's own PCM output.
const RATE: u32 = 24_000;
/// A quarter of a second.
const SAMPLES: u32 = RATE / 4;
const HEARD: &str = "This is the gateway's demo provider; it does not listen.";
const CONTAINERS: &[&str] = &["mp3", "opus", "aac", "flac", "wav"];

/// Answers a speech request: PCM where that was asked for, otherwise WAV, whatever container was named.
pub(super) fn speech(request: &Request<'_>) -> Result<DemoAnswer, Refusal> {
    let body = &request.body;
    let input = body.required_string("input")?;
    body.required("voice")?;
    let (content_type, sound) = match body.string("response_format")? {
        Some("pcm") => ("audio/pcm", tone(input)),
        None => ("audio/wav", wav(&tone(input))),
        Some(known) if CONTAINERS.contains(&known) => ("audio/wav", wav(&tone(input))),
        Some(_) => {
            return Err(Refusal::invalid(
                "response_format",
                format!("It is not 'pcm' or one of {}.", CONTAINERS.join(", ")),
            ));
        }
    };
    match body.string("stream_format")? {
        Some("sse") => Ok(speech_events(request, input, &sound)),
        None | Some("audio") => Ok(DemoAnswer::whole(StatusCode::OK, content_type, sound)),
        Some(_) => Err(Refusal::invalid(
            "stream_format",
            "It is neither 'sse' nor 'audio'.",
        )),
    }
}

/// Answers a transcription or translation request.
pub(super) fn transcription(request: &Request<'_>) -> DemoAnswer {
    let usage = json!({ "type": "duration", "seconds": 1 });
    if !request.stream {
        return DemoAnswer::ok(&json!({ "text": HEARD, "usage": usage }));
    }
    let delta = |token: &str| {
        typed_event(
            request,
            Part::Content,
            "transcript.text.delta",
            json!({ "delta": token }),
        )
    };
    let mut script: Vec<Piece> = tokens::tokens(HEARD).into_iter().map(delta).collect();
    script.push(typed_event(
        request,
        Part::Done,
        "transcript.text.done",
        json!({ "text": HEARD, "usage": usage }),
    ));
    DemoAnswer::stream(script)
}

fn speech_events(request: &Request<'_>, input: &str, sound: &[u8]) -> DemoAnswer {
    const PIECE: usize = 3000;
    let delta = |piece: &[u8]| {
        typed_event(
            request,
            Part::Content,
            "speech.audio.delta",
            json!({ "audio": STANDARD.encode(piece) }),
        )
    };
    let mut script: Vec<Piece> = sound.chunks(PIECE).map(delta).collect();
    let (read, written) = (tokens::count(input), u64::from(SAMPLES / 100));
    let usage =
        json!({ "input_tokens": read, "output_tokens": written, "total_tokens": read + written });
    script.push(typed_event(
        request,
        Part::Done,
        "speech.audio.done",
        json!({ "usage": usage }),
    ));
    DemoAnswer::stream(script)
}

fn typed_event(request: &Request<'_>, part: Part, name: &str, mut data: Value) -> Piece {
    if let Some(data) = data.as_object_mut() {
        data.shift_insert(0, "type".to_owned(), Value::from(name));
    }
    Piece::event(part, request.pace, &data)
}

/// A sine between 220 Hz and 880 Hz by the text, as 16-bit little-endian samples of one channel.
fn tone(text: &str) -> Vec<u8> {
    let pitch = 220.0 + f64::from(u32::try_from(tokens::hash(text) % 660).unwrap_or_default());
    let sample = |index: u32| {
        let loudness = (TAU * pitch * f64::from(index) / f64::from(RATE)).sin() * 8000.0;
        // Within the range of an `i16` by far.
        (loudness as i16).to_le_bytes()
    };
    (0..SAMPLES).flat_map(sample).collect()
}

/// PCM samples as a WAV file: `RIFF`, `fmt ` for one channel of 16 bits, `data`.
fn wav(samples: &[u8]) -> Vec<u8> {
    const FORMAT_LENGTH: u32 = 16;
    const BYTES_A_SAMPLE: u16 = 2;
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = b"RIFF".to_vec();
    file.extend((length + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(FORMAT_LENGTH.to_le_bytes());
    file.extend([1_u16, 1].iter().flat_map(|number| number.to_le_bytes()));
    file.extend(RATE.to_le_bytes());
    file.extend((RATE * u32::from(BYTES_A_SAMPLE)).to_le_bytes());
    file.extend(
        [BYTES_A_SAMPLE, 16]
            .iter()
            .flat_map(|number| number.to_le_bytes()),
    );
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}
