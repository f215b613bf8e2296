//! The configuration as one tree in which every value knows where it was written, whichever layer it came from.

use std::{borrow::Cow, ops::Range};

use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue},
};

use super::{
    origin::{Origin, Position, Sources},
    path::{Path, Step},
    problem::Problem,
};

/// A key of the tree.
type Key<'a> = Spanned<Cow<'a, str>>;
/// A value of the tree.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// The tree of all layers.
pub(crate) struct Document<'a> {
    root: Value<'a>,
    sources: Sources,
    /// Values of variables that look like a number or a truth value, in case the key wants text.
    texts: Vec<(Path, Value<'a>)>,
}

impl<'a> Document<'a> {
    pub(crate) fn empty() -> Self {
        Self {
            root: Spanned::new(0..0, DeValue::Table(DeTable::new())),
            sources: Sources::new(),
            texts: Vec::new(),
        }
    }

    /// Reads a file's text. Gives all of its syntax errors.
    pub(crate) fn parse(name: &str, text: &'a str) -> Result<Self, Vec<Problem>> {
        let mut document = Self::empty();
        document.sources.add(Origin::File(name.to_owned()), text);
        let (root, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            document.root = Spanned::new(root.span(), DeValue::Table(root.into_inner()));
            return Ok(document);
        }
        // Only the message is taken: the error's own display would show the line, and with it perhaps a secret.
        Err(errors
            .iter()
            .map(|error| Problem {
                position: error
                    .span()
                    .and_then(|span| document.sources.position(span.start)),
                key: String::new(),
                message: format!("this is not TOML: {}", error.message()),
                help: None,
            })
            .collect())
    }

    /// The tree, for serde.
    pub(crate) fn root(&self) -> &Value<'a> {
        &self.root
    }

    /// The place of an offset.
    pub(crate) fn position_of(&self, offset: usize) -> Option<Position> {
        self.sources.position(offset)
    }

    /// The place of a value, or of the nearest table around it that was written.
    pub(crate) fn position(&self, path: &Path) -> Option<Position> {
        let mut node = &self.root;
        let mut found = None;
        for step in &path.0 {
            let Some(next) = child(node, step) else { break };
            node = next;
            found = self.sources.position(node.span().start);
        }
        found
    }

    /// Whether something stands there.
    pub(crate) fn contains(&self, path: &Path) -> bool {
        path.0.iter().try_fold(&self.root, child).is_some()
    }

    /// The text that stands there.
    pub(crate) fn text(&self, path: &Path) -> Option<&str> {
        match path.0.iter().try_fold(&self.root, child)?.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The keys of a table in the order in which they were written.
    pub(crate) fn keys(&self, path: &Path) -> Vec<String> {
        let Some(DeValue::Table(table)) = path
            .0
            .iter()
            .try_fold(&self.root, child)
            .map(Spanned::get_ref)
        else {
            return Vec::new();
        };
        let mut keys: Vec<&Key<'_>> = table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        keys.into_iter()
            .map(|key| key.get_ref().to_string())
            .collect()
    }

    /// The deepest value that an error's span is about: the one whose key it is, else the smallest around it.
    pub(crate) fn find(&self, span: &Range<usize>) -> Option<Path> {
        let mut best: Option<(usize, Path)> = None;
        self.visit(&mut |path, key, value| {
            let value_span = value.span();
            let is_key = key.is_some_and(|key| key.span() == *span);
            let is_around = value_span.start <= span.start && span.end <= value_span.end;
            if !is_key && !is_around {
                return;
            }
            let size = if is_key { 0 } else { value_span.len() };
            if best.as_ref().is_none_or(|(smallest, _)| size <= *smallest) {
                best = Some((size, path.clone()));
            }
        });
        best.map(|(_, path)| path)
    }

    /// Every text in the tree, with its path.
    pub(crate) fn texts(&self) -> Vec<(Path, String)> {
        let mut texts = Vec::new();
        self.visit(&mut |path, _, value| {
            if let DeValue::String(text) = value.get_ref() {
                texts.push((path.clone(), text.to_string()));
            }
        });
        texts
    }

    /// Puts another text where one stands, keeping the place.
    pub(crate) fn replace_text(&mut self, path: &Path, text: String) {
        if let Some(value) = self.value_mut(path) {
            *value.get_mut() = DeValue::String(Cow::Owned(text));
        }
    }

    /// Takes a value out. Gives whether there was one.
    pub(crate) fn remove(&mut self, path: &Path) -> bool {
        let Some(last) = path.0.last() else {
            return false;
        };
        let Some(parent) = self.value_mut(&path.parent()) else {
            return false;
        };
        match (parent.get_mut(), last) {
            (DeValue::Table(table), Step::Key(key)) => table.remove(key.as_str()).is_some(),
            (DeValue::Array(array), Step::Index(index)) => {
                let kept = std::mem::replace(array, DeArray::new())
                    .into_iter()
                    .enumerate();
                *array = kept
                    .filter(|(place, _)| place != index)
                    .map(|(_, value)| value)
                    .collect();
                true
            }
            _ => false,
        }
    }

    /// Lays a layer's text over the tree.
    pub(crate) fn set_text(&mut self, path: &Path, text: &'a str, origin: Origin) {
        let span = self.sources.add(origin, text);
        self.insert(
            path,
            Spanned::new(span, DeValue::String(Cow::Borrowed(text))),
        );
    }

    /// Lays a truth value over the tree.
    pub(crate) fn set_bool(&mut self, path: &Path, value: bool, origin: Origin) {
        let span = self.sources.add(origin, "");
        self.insert(path, Spanned::new(span, DeValue::Boolean(value)));
    }

    /// Lays a list of texts over the tree.
    pub(crate) fn set_list(&mut self, path: &Path, items: Vec<String>, origin: Origin) {
        let span = self.sources.add(origin, "");
        let item = |text: String| Spanned::new(span.clone(), DeValue::String(Cow::Owned(text)));
        let list = items.into_iter().map(item).collect();
        self.insert(path, Spanned::new(span.clone(), DeValue::Array(list)));
    }

    /// Lays a variable's text over the tree, read as TOML where it is a value of TOML, else as plain text.
    pub(crate) fn set_value(&mut self, path: &Path, text: &'a str, origin: Origin) {
        let span = self.sources.add(origin, text);
        let plain = Spanned::new(span.clone(), DeValue::String(Cow::Borrowed(text)));
        let value = match DeValue::parse(text) {
            Ok(value) => {
                self.texts.push((path.clone(), plain));
                at(value.into_inner(), &span)
            }
            Err(_) => plain,
        };
        self.insert(path, value);
    }

    /// Puts back the plain text of a variable that was read as something else. Gives whether it did.
    pub(crate) fn fall_back_to_text(&mut self, path: &Path) -> bool {
        let Some(index) = self.texts.iter().position(|(at, _)| at == path) else {
            return false;
        };
        let (_, plain) = self.texts.swap_remove(index);
        self.insert(path, plain);
        true
    }

    fn insert(&mut self, path: &Path, value: Value<'a>) {
        let span = value.span();
        let mut value = Some(value);
        let mut node = &mut self.root;
        for (depth, step) in path.0.iter().enumerate() {
            let (DeValue::Table(table), Step::Key(key)) = (node.get_mut(), step) else {
                return;
            };
            if depth + 1 == path.0.len() {
                table.remove(key.as_str());
                if let Some(value) = value.take() {
                    table.insert(Spanned::new(span, Cow::Owned(key.clone())), value);
                }
                return;
            }
            let key = Spanned::new(span.clone(), Cow::Owned(key.clone()));
            node = table
                .entry(key)
                .or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
        }
    }

    fn value_mut(&mut self, path: &Path) -> Option<&mut Value<'a>> {
        path.0
            .iter()
            .try_fold(&mut self.root, |node, step| match (node.get_mut(), step) {
                (DeValue::Table(table), Step::Key(key)) => table.get_mut(key.as_str()),
                (DeValue::Array(array), Step::Index(index)) => array.get_mut(*index),
                _ => None,
            })
    }

    fn visit(&self, visitor: &mut dyn FnMut(&Path, Option<&Key<'_>>, &Value<'_>)) {
        visit(&Path::default(), &self.root, visitor);
    }
}

fn visit(
    path: &Path,
    node: &Value<'_>,
    visitor: &mut dyn FnMut(&Path, Option<&Key<'_>>, &Value<'_>),
) {
    match node.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table.iter() {
                let path = path.join(key.get_ref().as_ref());
                visitor(&path, Some(key), value);
                visit(&path, value, visitor);
            }
        }
        DeValue::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                let path = path.join(index);
                visitor(&path, None, value);
                visit(&path, value, visitor);
            }
        }
        _ => {}
    }
}

fn child<'n, 'a>(node: &'n Value<'a>, step: &Step) -> Option<&'n Value<'a>> {
    match (node.get_ref(), step) {
        (DeValue::Table(table), Step::Key(key)) => table.get(key.as_str()),
        (DeValue::Array(array), Step::Index(index)) => array.get(*index),
        _ => None,
    }
}

/// The same value with every span set to where the whole was written.
fn at<'a>(value: DeValue<'a>, span: &Range<usize>) -> Value<'a> {
    let value = match value {
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    (
                        Spanned::new(span.clone(), key.into_inner()),
                        at(value.into_inner(), span),
                    )
                })
                .collect(),
        ),
        DeValue::Array(array) => DeValue::Array(
            array
                .into_iter()
                .map(|value| at(value.into_inner(), span))
                .collect(),
        ),
        other => other,
    };
    Spanned::new(span.clone(), value)
}

#[cfg(test)]
mod tests;
