//! Multipart forms pass through as a stream; only the `model` field is read, and respelled where it must be.
//!
//! Bytes are held back until the `model` field has come by (most clients send it before the file), then
//! everything flows. The form is RFC 7578's; the boundary RFC 2046's.

use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderValue;
use memchr::memmem;

use crate::http::{
    error::{ApiError, ErrorKind},
    receive::Arriving,
};

const FORM: &str = "multipart/form-data";

/// How many bytes the head of one part may have.
const MAX_PART_HEAD: usize = 16 * 1024;

/// Looks for the `model` field in a form that arrives in pieces.
#[derive(Debug)]
pub struct ModelFinder {
    held: BytesMut,
    /// `\r\n--boundary`; the form is read as if a line break stood before its first delimiter.
    delimiter: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Before the first delimiter.
    Start,
    /// A part's head begins here.
    Head(usize),
    /// A part's body begins at `from`; the delimiter after it is not before `search`.
    Body {
        from: usize,
        search: usize,
        is_model: bool,
    },
}

/// What the finder found so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The field is not there yet: push more.
    NotYet,
    /// The model's place in the held bytes.
    Model(Range<usize>),
}

/// Whether a content type is that of a form.
pub fn is_form(content_type: Option<&HeaderValue>) -> bool {
    let text = content_type.and_then(|value| value.to_str().ok());
    let media_type = text.and_then(|text| text.split(';').next());
    media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case(FORM))
}

/// Reads a form as far as its model; gives the finder with what was read, and the model's place in it.
///
/// # Errors
/// As [`ModelFinder::new`], [`ModelFinder::push`] and [`Arriving::next`].
pub async fn find_model(
    content_type: Option<&HeaderValue>,
    arriving: &mut Arriving,
) -> Result<(ModelFinder, Range<usize>), ApiError> {
    let mut finder = ModelFinder::new(content_type)?;
    loop {
        let piece = arriving.next().await?.ok_or_else(ModelFinder::missing)?;
        if let Found::Model(range) = finder.push(&piece)? {
            return Ok((finder, range));
        }
    }
}

impl ModelFinder {
    /// A finder for a form of this content type.
    ///
    /// # Errors
    /// 415 when it is not `multipart/form-data`, 400 when the boundary is missing.
    pub fn new(content_type: Option<&HeaderValue>) -> Result<Self, ApiError> {
        if !is_form(content_type) {
            let message = "This endpoint takes `content-type: multipart/form-data`.";
            return Err(ApiError::new(ErrorKind::UnsupportedMediaType, message));
        }
        let text = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let boundary = text.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("boundary")
                .then(|| value.trim().trim_matches('"'))
        });
        match boundary {
            Some(boundary) if (1..=70).contains(&boundary.len()) => Ok(Self {
                held: BytesMut::new(),
                delimiter: [b"\r\n--", boundary.as_bytes()].concat(),
                state: State::Start,
            }),
            _ => Err(
                malformed("the content type names no boundary of 1 to 70 characters")
                    .param("content-type"),
            ),
        }
    }

    /// Takes the next bytes and looks on.
    ///
    /// # Errors
    /// 400 when the form is malformed, or ended without the field.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Found, ApiError> {
        self.held.extend_from_slice(chunk);
        loop {
            let next = match self.state {
                State::Start => self.first_delimiter()?,
                State::Head(from) => self.head(from)?,
                State::Body {
                    from,
                    search,
                    is_model,
                } => match self.body(from, search, is_model)? {
                    Step::Found(range) => return Ok(Found::Model(range)),
                    Step::Go(state) => Some(state),
                    Step::Wait(state) => {
                        self.state = state;
                        None
                    }
                },
            };
            match next {
                Some(state) => self.state = state,
                None => return Ok(Found::NotYet),
            }
        }
    }

    /// How many bytes are held back.
    pub fn held_len(&self) -> usize {
        self.held.len()
    }

    /// The text at a place that was found.
    pub fn text(&self, range: &Range<usize>) -> String {
        String::from_utf8_lossy(self.held.get(range.clone()).unwrap_or_default())
            .trim()
            .to_owned()
    }

    /// Looks on in what follows the model, which flows on unheld.
    ///
    /// # Errors
    /// 400 when a second `model` field has been read already.
    pub fn look_on(&self, range: &Range<usize>) -> Result<SecondModel, ApiError> {
        let rest = self.held.get(range.end..).unwrap_or_default();
        let mut second = SecondModel {
            delimiter: self.delimiter.clone(),
            tail: BytesMut::from(rest),
            in_head: false,
        };
        second.push(&[])?;
        Ok(second)
    }

    /// The held bytes, with the model respelled where it changes.
    pub fn into_held(self, range: &Range<usize>, model: &str) -> Bytes {
        if self.held.get(range.clone()) == Some(model.as_bytes()) {
            return self.held.freeze();
        }
        let mut out = BytesMut::with_capacity(self.held.len() + model.len());
        out.extend_from_slice(self.held.get(..range.start).unwrap_or_default());
        out.extend_from_slice(model.as_bytes());
        out.extend_from_slice(self.held.get(range.end..).unwrap_or_default());
        out.freeze()
    }

    /// The error for a form that ended without the field.
    pub fn missing() -> ApiError {
        ApiError::new(
            ErrorKind::MissingParameter,
            "The form has no `model` field. `GET /v1/models` lists the names.",
        )
        .param("model")
    }

    fn first_delimiter(&self) -> Result<Option<State>, ApiError> {
        let dashes = self.delimiter.get(2..).unwrap_or_default();
        if self.held.len() < dashes.len() {
            return Ok(None);
        }
        if self.held.starts_with(dashes) {
            return Ok(Some(State::Head(dashes.len())));
        }
        // A preamble, which nobody sends but the format allows.
        match memmem::find(&self.held, &self.delimiter) {
            Some(at) => Ok(Some(State::Head(at + self.delimiter.len()))),
            None if self.held.len() > MAX_PART_HEAD => {
                Err(malformed("it does not begin with its boundary"))
            }
            None => Ok(None),
        }
    }

    /// From the end of a delimiter to the end of the part's head.
    fn head(&self, from: usize) -> Result<Option<State>, ApiError> {
        let rest = self.held.get(from..).unwrap_or_default();
        if rest.len() < 2 {
            return Ok(None);
        }
        if rest.starts_with(b"--") {
            return Err(Self::missing());
        }
        match memmem::find(rest, b"\r\n\r\n") {
            Some(end) => {
                let is_model =
                    field_name(rest.get(..end).unwrap_or_default()).as_deref() == Some("model");
                let body = from + end + 4;
                // An empty body's delimiter shares the line break that ends the head.
                Ok(Some(State::Body {
                    from: body,
                    search: body - 2,
                    is_model,
                }))
            }
            None if rest.len() > MAX_PART_HEAD => Err(malformed("the head of a part is too long")),
            None => Ok(None),
        }
    }

    fn body(&self, from: usize, search: usize, is_model: bool) -> Result<Step, ApiError> {
        match memmem::find(self.held.get(search..).unwrap_or_default(), &self.delimiter) {
            Some(at) if is_model => {
                let range = from..(search + at).max(from);
                if self.text(&range).is_empty() {
                    return Err(ApiError::new(
                        ErrorKind::InvalidValue,
                        "The form's `model` field is empty.",
                    )
                    .param("model"));
                }
                Ok(Step::Found(range))
            }
            Some(at) => Ok(Step::Go(State::Head(search + at + self.delimiter.len()))),
            None => {
                let search = self
                    .held
                    .len()
                    .saturating_sub(self.delimiter.len())
                    .max(search);
                Ok(Step::Wait(State::Body {
                    from,
                    search,
                    is_model,
                }))
            }
        }
    }
}

/// Looks for a second `model` field: what was judged is the first one, and an upstream may well take the last.
/// Of the form it keeps no more than the beginning of a delimiter, or one part's head.
#[derive(Debug)]
pub struct SecondModel {
    delimiter: Vec<u8>,
    tail: BytesMut,
    in_head: bool,
}

impl SecondModel {
    /// Takes the form's next bytes.
    ///
    /// # Errors
    /// 400 at a second `model` field, or at a part's head without an end.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), ApiError> {
        self.tail.extend_from_slice(chunk);
        loop {
            let more = if self.in_head {
                self.end_head()?
            } else {
                self.end_body()
            };
            if !more {
                return Ok(());
            }
        }
    }

    /// Skips to the end of the next delimiter; false when it is not there yet.
    fn end_body(&mut self) -> bool {
        let found = memmem::find(&self.tail, &self.delimiter);
        let kept = (self.delimiter.len() - 1).min(self.tail.len());
        let skip = found.map_or(self.tail.len() - kept, |at| at + self.delimiter.len());
        self.tail.advance(skip);
        self.in_head = found.is_some();
        self.in_head
    }

    /// Judges a part's head; false when it is not all there yet. The line break at its end may be the beginning of
    /// the next delimiter, so it stays.
    fn end_head(&mut self) -> Result<bool, ApiError> {
        if self.tail.starts_with(b"--") {
            // The last delimiter: what follows is no part.
            self.tail.truncate(2);
            return Ok(false);
        }
        let Some(end) = memmem::find(&self.tail, b"\r\n\r\n") else {
            if self.tail.len() > MAX_PART_HEAD {
                return Err(malformed("the head of a part is too long"));
            }
            return Ok(false);
        };
        let head = self.tail.get(..end).unwrap_or_default();
        if field_name(head).as_deref() == Some("model") {
            let message = "The form has two `model` fields. Send one.";
            return Err(ApiError::new(ErrorKind::InvalidValue, message).param("model"));
        }
        self.tail.advance(end + 2);
        self.in_head = false;
        Ok(true)
    }
}

enum Step {
    Found(Range<usize>),
    Go(State),
    Wait(State),
}

fn malformed(what: &str) -> ApiError {
    ApiError::new(
        ErrorKind::InvalidRequest,
        format!("The multipart form is malformed: {what}."),
    )
}

/// The `name` of a part's `content-disposition`.
fn field_name(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if !name.trim().eq_ignore_ascii_case("content-disposition") {
            return None;
        }
        value.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "name" => Some(value.to_owned()),
                // RFC 8187: the character set and the language stand before the text.
                "name*" => value.rsplit('\'').next().map(str::to_owned),
                _ => None,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: HeaderValue = HeaderValue::from_static("multipart/form-data; boundary=XX");

    fn find(form: &[u8], piece: usize) -> Result<(String, Bytes), &'static str> {
        let mut finder = ModelFinder::new(Some(&TYPE)).map_err(|error| error.code())?;
        for (index, chunk) in form.chunks(piece).enumerate() {
            if let Found::Model(range) = finder.push(chunk).map_err(|error| error.code())? {
                let rest = form.get((index + 1) * piece..).unwrap_or_default();
                let text = finder.text(&range);
                return Ok((
                    text,
                    [finder.into_held(&range, "up").as_ref(), rest]
                        .concat()
                        .into(),
                ));
            }
        }
        Err("not found")
    }

    #[test]
    fn the_model_is_found_and_respelled_wherever_the_pieces_break() {
        let form = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a--XX.wav\"\r\nContent-Type: audio/wav\r\n\r\n\x00\r\n--X\xFFmodel\r\n--XX\r\ncontent-disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XX\r\nContent-Disposition: form-data; name=model\r\n\r\nlab/whisper\r\n--XX\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nlab/whisper\r\n--XX--\r\n";
        let text = String::from_utf8_lossy(form);
        let expected = form.to_vec();
        let at = memmem::find(form, b"lab/whisper").unwrap();
        let expected = [&expected[..at], b"up", &expected[at + 11..]].concat();
        for piece in 1..form.len() {
            let (model, respelled) =
                find(form, piece).unwrap_or_else(|error| panic!("{error} {piece} {text}"));
            assert_eq!(model, "lab/whisper");
            assert_eq!(respelled, expected, "{piece}");
        }
    }

    #[test]
    fn a_second_model_is_seen_wherever_the_pieces_break() {
        let part = |name: &str, value: &str| {
            format!("--XX\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n")
        };
        let form = |parts: &[String]| [parts.concat(), "--XX--\r\n".to_owned()].concat();
        let first = part("model", "a");
        let harmless = form(&[
            first.clone(),
            part("x", ""),
            part("file", "\r\n--X name=model"),
            part("y", "model"),
        ]);
        let look = |form: &str, piece: usize| -> Result<(), ApiError> {
            let mut finder = ModelFinder::new(Some(&TYPE))?;
            let mut second: Option<SecondModel> = None;
            for chunk in form.as_bytes().chunks(piece) {
                match &mut second {
                    Some(second) => second.push(chunk)?,
                    None => {
                        if let Found::Model(range) = finder.push(chunk)? {
                            second = Some(finder.look_on(&range)?);
                        }
                    }
                }
            }
            Ok(())
        };
        for piece in 1..harmless.len() {
            look(&harmless, piece).unwrap();
            for name in ["model", "\"model\""] {
                let twice = form(&[
                    first.clone(),
                    part("x", "y"),
                    part(name, "b"),
                    part("z", ""),
                ]);
                assert_eq!(
                    look(&twice, piece).unwrap_err().code(),
                    "invalid_value",
                    "{piece} {name}"
                );
            }
        }
    }

    #[test]
    fn malformed_forms_say_what_is_wrong() {
        let table: &[(&[u8], &str)] = &[
            (
                b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--XX--\r\n",
                "missing_parameter",
            ),
            (b"--XX--\r\n", "missing_parameter"),
            (
                b"--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n\r\n--XX--\r\n",
                "invalid_value",
            ),
            (
                b"--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nunfinished",
                "not found",
            ),
        ];
        for (form, code) in table {
            assert_eq!(
                find(form, 7),
                Err(*code),
                "{}",
                String::from_utf8_lossy(form)
            );
        }
        let no_boundary = HeaderValue::from_static("multipart/form-data");
        assert_eq!(
            ModelFinder::new(Some(&no_boundary)).unwrap_err().code(),
            "invalid_request"
        );
        assert_eq!(
            ModelFinder::new(None).unwrap_err().code(),
            "unsupported_media_type"
        );
    }
}
