//! The strict scan against serde_json, and the law of splicing: outside the changed spans no byte moves.
#![expect(
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test stops at the first surprise; a table is as long as it is"
)]

use bytes::Bytes;
use gateway_types::json::{RawObject, ScanErrorKind, ScanLimits, check, elements};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn object(text: &str) -> RawObject {
    RawObject::parse(
        Bytes::copy_from_slice(text.as_bytes()),
        ScanLimits::default(),
    )
    .expect(text)
}

fn refusal(text: &[u8]) -> ScanErrorKind {
    check(text, ScanLimits::default())
        .expect_err(&String::from_utf8_lossy(text))
        .kind
}

#[test]
fn what_parsers_read_differently_is_refused() {
    use ScanErrorKind as K;
    let table: &[(&[u8], K)] = &[
        (b"\xEF\xBB\xBF{}", K::ByteOrderMark),
        (b"{\"a\":\"\xFF\"}", K::InvalidUtf8),
        (b"{\"a\":\"\xED\xA0\x80\"}", K::InvalidUtf8),
        (br#"{"a":1,"a":2}"#, K::DuplicateKey("a".into())),
        (
            br#"{"model":"x","\u006dodel":"y"}"#,
            K::DuplicateKey("model".into()),
        ),
        (
            br#"{"\u006dodel":"x","model":"y"}"#,
            K::DuplicateKey("model".into()),
        ),
        (
            br#"{"a":[{"b":{"c":1,"c":2}}]}"#,
            K::DuplicateKey("c".into()),
        ),
        (
            br#"{"$serde_json::private::RawValue":"{}"}"#,
            K::ReservedKey("$serde_json::private::RawValue".into()),
        ),
        (
            br#"{"\u0024serde_json::private::Number":"1"}"#,
            K::ReservedKey("$serde_json::private::Number".into()),
        ),
        (br#"{"a":"\ud800"}"#, K::LoneSurrogate),
        (br#"{"a":"\udc00"}"#, K::LoneSurrogate),
        (br#"{"a":"\ud800\u0041"}"#, K::LoneSurrogate),
        (br#"{"\ud800":1}"#, K::LoneSurrogate),
        (br#"{"a":1e999}"#, K::NumberOutOfRange),
        (br#"{"a":-1e999}"#, K::NumberOutOfRange),
        (b"{\"a\":\"\n\"}", K::ControlCharacter),
        (b"{\"a\":\"\0\"}", K::ControlCharacter),
        (br#"{"a":"\x"}"#, K::InvalidEscape),
        (br#"{"a":"\u12g4"}"#, K::InvalidEscape),
        (
            br#"{"a":01}"#,
            K::Expected("a number without leading zeros"),
        ),
        (br#"{"a":+1}"#, K::Expected("a value")),
        (br#"{"a":NaN}"#, K::Expected("a value")),
        (br#"{"a":.5}"#, K::Expected("a value")),
        (br#"{"a":1.}"#, K::Expected("a digit")),
        (br#"{"a":1,}"#, K::Expected("a key in double quotes")),
        (br#"[1,]"#, K::Expected("a value")),
        (br#"{'a':1}"#, K::Expected("a key in double quotes")),
        (br#"{"a" 1}"#, K::Expected("`:`")),
        (br#"{"a":1 "b":2}"#, K::Expected("`,` or `}`")),
        (br#"[1 2]"#, K::Expected("`,` or `]`")),
        (br#"{"a":1}x"#, K::TrailingText),
        (br#"{"a":1}{}"#, K::TrailingText),
        (br#"{"a":1"#, K::UnexpectedEnd),
        (br#"{"a""#, K::UnexpectedEnd),
        (br#"{"a":"x"#, K::UnexpectedEnd),
        (b"", K::UnexpectedEnd),
        (b"   ", K::UnexpectedEnd),
        (b"nul", K::Expected("a value")),
    ];
    for (text, kind) in table {
        assert_eq!(&refusal(text), kind, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn depth_is_bounded_without_recursion() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(check(&nested(64), ScanLimits::default()).is_ok());
    assert_eq!(refusal(&nested(65)), ScanErrorKind::TooDeep(64));
    assert_eq!(refusal(&vec![b'['; 4_000_000]), ScanErrorKind::TooDeep(64));
    assert!(
        check(
            &nested(100_000),
            ScanLimits {
                max_depth: 1_000_000
            }
        )
        .is_ok()
    );
}

#[test]
fn many_keys_are_still_compared() {
    let keys: Vec<String> = (0..1000).map(|n| format!("\"k{n}\":0")).collect();
    assert!(
        check(
            format!("{{{}}}", keys.join(",")).as_bytes(),
            ScanLimits::default()
        )
        .is_ok()
    );
    let twice = format!("{{{},\"k0\":1}}", keys.join(","));
    assert_eq!(
        refusal(twice.as_bytes()),
        ScanErrorKind::DuplicateKey("k0".into())
    );
}

#[test]
fn members_are_found_with_their_text() {
    let object = object(
        r#" { "model" : "a\/b" , "n":1.50, "messages":[{},[],1] ,"\u0073tream":true, "o":{"a":1,"b":2},"e":[] } "#,
    );
    let members: Vec<_> = object
        .members()
        .map(|m| (m.key().into_owned(), m.value.to_owned(), m.len))
        .collect();
    let expected = [
        ("model", r#""a\/b""#, 0),
        ("n", "1.50", 0),
        ("messages", "[{},[],1]", 3),
        ("stream", "true", 0),
        ("o", r#"{"a":1,"b":2}"#, 2),
        ("e", "[]", 0),
    ];
    assert_eq!(
        members,
        expected.map(|(k, v, n)| (k.to_owned(), v.to_owned(), n))
    );
    assert_eq!(object.string("model").as_deref(), Some("a/b"));
    assert_eq!(object.get("stream").map(|m| m.value), Some("true"));
    assert!(object.get("none").is_none());
}

#[test]
fn elements_of_an_array_are_found() {
    let array = br#" [ 1, {"a":[2,3]} ,"x"] "#;
    let texts: Vec<&[u8]> = elements(array, ScanLimits::default())
        .unwrap()
        .iter()
        .map(|e| &array[e.range.clone()])
        .collect();
    assert_eq!(texts, [b"1".as_slice(), br#"{"a":[2,3]}"#, br#""x""#]);
    assert!(elements(b"{}", ScanLimits::default()).is_err());
}

#[test]
fn edits_touch_their_members_only() {
    type Change = fn(&mut gateway_types::json::Edit<'_>);
    let table: &[(&str, Change, &str)] = &[
        (
            r#"{ "a":1 , "b" : 2.50 }"#,
            |e| {
                e.set("a", "9");
            },
            r#"{ "a":9 , "b" : 2.50 }"#,
        ),
        (
            r#"{"a":1}"#,
            |e| {
                e.set("b", "2");
            },
            r#"{"a":1,"b":2}"#,
        ),
        (
            "{ }",
            |e| {
                e.set("b", "2").set("c", "3");
            },
            r#"{ "b":2,"c":3}"#,
        ),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            |e| {
                e.remove("a");
            },
            r#"{"b":2,"c":3}"#,
        ),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            |e| {
                e.remove("b");
            },
            r#"{"a":1,"c":3}"#,
        ),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            |e| {
                e.remove("c");
            },
            r#"{"a":1,"b":2}"#,
        ),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            |e| {
                e.remove("b").remove("c");
            },
            r#"{"a":1}"#,
        ),
        (
            r#"{"a":1,"b":2,"c":3}"#,
            |e| {
                e.remove("a").remove("b").remove("c");
            },
            "{}",
        ),
        (
            r#"{"a":1}"#,
            |e| {
                e.remove("a").set("b", "2");
            },
            r#"{"b":2}"#,
        ),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.remove("b").set("c", "3");
            },
            r#"{"a":1,"c":3}"#,
        ),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.rename("a", "z");
            },
            r#"{"z":1,"b":2}"#,
        ),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.rename("a", "z").set("a", "7");
            },
            r#"{"z":7,"b":2}"#,
        ),
        (
            r#"{"a":1,"b":2}"#,
            |e| {
                e.set("a", "7").rename("a", "z");
            },
            r#"{"z":7,"b":2}"#,
        ),
        (
            r#"{"a":1}"#,
            |e| {
                e.set_string("a", "é\"\n");
            },
            "{\"a\":\"é\\\"\\n\"}",
        ),
        (
            r#"{"a":1}"#,
            |e| {
                e.set("b", "1").set("b", "2").remove("c");
            },
            r#"{"a":1,"b":2}"#,
        ),
    ];
    for (before, change, after) in table {
        let object = object(before);
        let mut edit = object.edit();
        change(&mut edit);
        assert_eq!(edit.apply(), after.as_bytes(), "{before}");
    }
}

#[test]
fn nothing_changed_is_nothing_copied() {
    let object = object(r#"{"a":1}"#);
    assert_eq!(object.edit().apply().as_ptr(), object.bytes().as_ptr());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |n| n.is_finite().then(|| json!(n))),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_accepted(value in any_json()) {
        prop_assert!(check(&serde_json::to_vec(&value).unwrap(), ScanLimits::default()).is_ok());
        prop_assert!(check(&serde_json::to_vec_pretty(&value).unwrap(), ScanLimits::default()).is_ok());
    }

    /// Never more lenient than serde_json: what we accept, it accepts too.
    #[test]
    fn what_is_accepted_serde_json_reads(text in "[\\[\\]{}\",:0-9eE+\\-. \\\\untrfalsdDc8]{0,24}") {
        if check(text.as_bytes(), ScanLimits::default()).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        }
    }

    /// Apart from what is refused on purpose, never stricter either.
    #[test]
    fn what_is_refused_serde_json_refuses_or_we_say_why(text in "[\\[\\]{}\",:0-9eE+\\-. \\\\untrfalsdDc8]{0,24}") {
        use ScanErrorKind as K;
        if let Err(error) = check(text.as_bytes(), ScanLimits::default()) {
            let on_purpose = matches!(error.kind, K::DuplicateKey(_) | K::ReservedKey(_));
            prop_assert!(on_purpose || serde_json::from_str::<Value>(&text).is_err(), "{text}: {error}");
        }
    }

    #[test]
    fn an_edit_means_what_it_says(map in prop::collection::btree_map("[a-e]{1,2}", any_json(), 0..6),
                                  pretty in any::<bool>(),
                                  changes in prop::collection::vec(("[a-e]{1,2}", prop::option::of(any_json())), 0..6)) {
        let mut model: Map<String, Value> = map.into_iter().collect();
        let bytes = if pretty { serde_json::to_vec_pretty(&model) } else { serde_json::to_vec(&model) }.unwrap();
        let object = RawObject::parse(bytes.into(), ScanLimits::default()).unwrap();
        let mut edit = object.edit();
        for (key, change) in changes {
            match change {
                Some(value) => { edit.set(&key, value.to_string()); model.insert(key, value); }
                None => { edit.remove(&key); model.shift_remove(&key); }
            }
        }
        let after: Map<String, Value> = serde_json::from_slice(&edit.apply()).unwrap();
        prop_assert_eq!(after, model);
        prop_assert!(check(&edit.apply(), ScanLimits::default()).is_ok());
    }
}
