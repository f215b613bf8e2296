//! Curl lines out of a text.

/// Every curl command of a text, in order: from the word `curl` to the end of its last line. A command goes on
/// over backslashes at line ends and inside of quotes.
pub(crate) fn curls(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = start(rest) {
        let command = rest.get(at..).unwrap_or_default();
        let end = end(command);
        found.push(command.get(..end).unwrap_or_default().trim().to_owned());
        rest = command.get(end..).unwrap_or_default();
    }
    found
}

/// Where a line begins with `curl `.
fn start(text: &str) -> Option<usize> {
    text.match_indices("curl ").map(|(at, _)| at).find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
}

fn end(command: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in command.char_indices() {
        match (quote, c) {
            (None, '\n') if !escaped => return at,
            (None, '\'' | '"') if !escaped => quote = Some(c),
            (Some(open), c) if c == open && !(escaped && open == '"') => {
                quote = None;
                // The documents glue the next sentence to a closing quote.
                let next = command.get(at + 1..).and_then(|rest| rest.chars().next());
                if next.is_some_and(char::is_alphanumeric) {
                    return at + 1;
                }
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    command.len()
}

#[test]
fn commands_are_cut_out_whole() {
    let text = "Text curl no\ncurl -N http://h/a \\\n-H \"x: y\"Response shape\ncurl http://h/b -d '{\n\"a\": \"b c\"\n}'Set it.\n\ncurl -X POST http://h/c\\?p\\=q -d '{}'\nEnd";
    assert_eq!(curls(text), ["curl -N http://h/a \\\n-H \"x: y\"", "curl http://h/b -d '{\n\"a\": \"b c\"\n}'", "curl -X POST http://h/c\\?p\\=q -d '{}'"]);
}
