//! The tree keeps the places of its values through every change.

use super::*;

const TEXT: &str = "[b]\nx = 'one'\n[a.y]\nlist = [1, 'two']\n";

#[test]
fn values_know_their_places_and_keys_their_order() {
    let document = Document::parse("f", TEXT).unwrap();
    let place = |path: &Path| document.position(path).unwrap().to_string();
    assert_eq!(document.keys(&Path::default()), ["b", "a"]);
    assert_eq!(place(&Path::of(&["b", "x"])), "f:2:5");
    assert_eq!(place(&Path::of(&["a", "y", "list"]).join(1)), "f:4:12");
    assert_eq!(
        place(&Path::of(&["a", "y", "missing"])),
        "f:3:1",
        "the nearest table"
    );
    let offset = TEXT.find("'two'").unwrap();
    assert_eq!(
        document.find(&(offset..offset + 5)),
        Some(Path::of(&["a", "y", "list"]).join(1))
    );
    let offset = TEXT.find("list").unwrap();
    assert_eq!(
        document.find(&(offset..offset + 4)),
        Some(Path::of(&["a", "y", "list"])),
        "by its key"
    );
}

#[test]
fn a_layer_replaces_what_is_below_and_makes_the_tables_it_needs() {
    let mut document = Document::parse("f", TEXT).unwrap();
    let path = Path::of(&["b", "x"]);
    document.set_text(&path, "other", Origin::Variable("X".into()));
    assert_eq!(document.text(&path), Some("other"));
    assert_eq!(
        document.position(&path).unwrap().to_string(),
        "environment variable X"
    );
    let deep = Path::of(&["new", "deep", "n"]);
    document.set_value(&deep, "12", Origin::Variable("N".into()));
    assert_eq!(document.text(&deep), None, "a number first");
    assert!(document.fall_back_to_text(&deep));
    assert_eq!(document.text(&deep), Some("12"));
    assert!(!document.fall_back_to_text(&deep), "once only");
    assert!(document.remove(&deep));
    assert_eq!(document.text(&deep), None);
}

#[test]
fn all_syntax_errors_are_given_without_the_text_of_the_line() {
    let Err(problems) = Document::parse("f", "key = sk secret\nother = \n[c\n") else {
        panic!("it is not TOML")
    };
    assert!(problems.len() >= 3, "{problems:?}");
    assert!(!format!("{problems:?}").contains("secret"));
}
