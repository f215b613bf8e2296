//! The documents for people agree with the code.

use serde_json::Value;

use super::{Environment, Flags, load, schema::breaks};
use crate::config::{ConfigFile, VARIABLES, json_schema};

const EXAMPLE: &str = include_str!("../../../../../gateway.example.toml");
const GUIDE: &str = include_str!("../../../../../docs/configuration.md");

#[test]
fn the_example_is_accepted_as_it_is_and_with_everything_switched_on() {
    let environment: Environment = [
        ("GATEWAY_KEY", "a-key-for-the-whole-team"),
        ("GROQ_API_KEY", "gsk-1"),
        ("LAB_API_KEY", "lab-1"),
    ]
    .into_iter()
    .collect();
    let uncommented = uncomment(EXAMPLE);
    for text in [EXAMPLE.to_owned(), uncommented.clone()] {
        let file = ConfigFile {
            path: "gateway.example.toml".into(),
            text: text.clone(),
        };
        let settings = load(Some(&file), &environment, &Flags::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
        let schema = json_schema();
        let value: Value = toml::from_str(&text).unwrap();
        assert_eq!(breaks(&schema, &schema, &value, ""), [""; 0]);
    }
    let schema = json_schema();
    for section in schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| *name != "backend")
    {
        assert!(
            uncommented.contains(&format!("\n[{section}"))
                || uncommented.contains(&format!("\n[[{section}")),
            "the example shows no [{section}]"
        );
    }
}

/// The example with its commented-out keys (`#key = ...`, `#[table]`) switched on.
fn uncomment(text: &str) -> String {
    text.lines()
        .map(|line| {
            format!(
                "{}\n",
                line.strip_prefix('#')
                    .filter(|rest| !rest.starts_with(' '))
                    .unwrap_or(line)
            )
        })
        .collect()
}

#[test]
fn the_guide_names_every_section_and_every_variable() {
    for variable in VARIABLES {
        assert!(
            GUIDE.contains(&format!("`{}`", variable.name)),
            "{} is not in the guide",
            variable.name
        );
    }
    let schema = json_schema();
    for section in schema["properties"].as_object().unwrap().keys() {
        assert!(
            GUIDE.contains(&format!("[{section}")),
            "[{section}] is not in the guide"
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_edit_of_the_example_breaks_the_reader(
        at in 0..EXAMPLE.len(),
        length in 0..40_usize,
        put in "[a-z0-9\\[\\]{}$\"'=., \n#\\-]{0,12}",
    ) {
        let mut text = uncomment(EXAMPLE);
        let near = |offset: usize| (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let (start, end) = (near(at), near(at + length));
        text.replace_range(start..end, &put);
        let lines = text.matches('\n').count() + 1;
        let file = ConfigFile { path: "edited.toml".into(), text };
        if let Err(problems) = load(Some(&file), &Environment::default(), &Flags::default()) {
            proptest::prop_assert!(!problems.0.is_empty());
            for problem in problems.0 {
                proptest::prop_assert!(!problem.message.is_empty());
                proptest::prop_assert!(problem.position.is_none_or(|at| at.line <= lines && at.column >= 1));
            }
        }
    }
}
