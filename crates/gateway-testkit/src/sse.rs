//! Event streams as they stand on the wire, read by the letter of the WHATWG specification.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

use serde_json::Value;

/// One thing that a stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A comment line, without its colon.
    Comment(String),
    /// An event with data.
    Event {
        /// Its name; empty where it has none.
        name: String,
        /// Its data, several lines joined by a line feed.
        data: String,
    },
    /// A block with fields, but without data, or a last block that its empty line does not close: an
    /// OpenAI SDK stumbles over the first and loses the second, so no stream of ours may hold one.
    Broken(String),
}

/// Every item of a stream, in order.
///
/// # Panics
/// Where the bytes are not UTF-8.
pub fn items(bytes: &[u8]) -> Vec<Item> {
    let text = std::str::from_utf8(bytes).expect("an event stream is UTF-8");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut items = Vec::new();
    let mut block = Block::default();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let is_rest = lines.peek().is_none();
        if line.is_empty() {
            if !is_rest {
                items.extend(std::mem::take(&mut block).finish());
            }
            continue;
        }
        if let Some(comment) = line.strip_prefix(':') {
            items.push(Item::Comment(comment.to_owned()));
        } else {
            block.field(line);
        }
    }
    if !block.lines.is_empty() {
        items.push(Item::Broken(block.lines.join("\n")));
    }
    items
}

/// The data of every event, in order.
///
/// # Panics
/// Where the stream holds a [`Item::Broken`] block: no stream of the gateway may.
pub fn data(bytes: &[u8]) -> Vec<String> {
    items(bytes)
        .into_iter()
        .filter_map(|item| match item {
            Item::Event { data, .. } => Some(data),
            Item::Comment(_) => None,
            Item::Broken(text) => panic!("a broken block in the stream: {text:?}"),
        })
        .collect()
}

/// The data of every event but `[DONE]`, as JSON.
///
/// # Panics
/// As [`data`], and where an event's data is not JSON.
pub fn chunks(bytes: &[u8]) -> Vec<Value> {
    data(bytes)
        .into_iter()
        .filter(|data| data != "[DONE]")
        .map(|data| {
            serde_json::from_str(&data).unwrap_or_else(|error| panic!("no JSON ({error}): {data}"))
        })
        .collect()
}

/// One canonical event: `data: ...` and the empty line.
pub fn event(data: &str) -> String {
    format!("data: {data}\n\n")
}

#[derive(Default)]
struct Block {
    lines: Vec<String>,
    name: String,
    data: Vec<String>,
}

impl Block {
    fn field(&mut self, line: &str) {
        self.lines.push(line.to_owned());
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => self.data.push(value.to_owned()),
            "event" => value.clone_into(&mut self.name),
            _ => {}
        }
    }

    fn finish(self) -> Option<Item> {
        if self.lines.is_empty() {
            return None;
        }
        if self.data.is_empty() || self.data == [""] {
            return Some(Item::Broken(self.lines.join("\n")));
        }
        Some(Item::Event {
            name: self.name,
            data: self.data.join("\n"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_by_the_letter() {
        let text = b": hi\n\ndata: a\ndata:b\n\nevent: x\ndata: c\r\n\r\nevent: ping\n\ndata: lost";
        let event = |name: &str, data: &str| Item::Event {
            name: name.to_owned(),
            data: data.to_owned(),
        };
        assert_eq!(
            items(text),
            [
                Item::Comment(" hi".to_owned()),
                event("", "a\nb"),
                event("x", "c"),
                Item::Broken("event: ping".to_owned()),
                Item::Broken("data: lost".to_owned()),
            ]
        );
    }
}
