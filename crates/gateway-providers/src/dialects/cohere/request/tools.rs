//! Tools, and the choice among them.
//!
//! Spec: <https://docs.cohere.com/docs/tool-use-overview>

use serde_json::Value;

use super::super::wire::ChatBody;
use crate::{
    dialects::{
        dropped::Dropped,
        function_tool::FunctionTool,
        read::{Choice, Offer, Offered},
    },
    rules::ModelRule,
};

/// Puts the offer into the body. There is no choice of one tool: only that one is offered then, and a call is
/// demanded.
pub(super) fn put(offer: Offer, rule: &ModelRule, body: &mut ChatBody, dropped: &mut Dropped) {
    let Offer {
        functions,
        choice,
        said_by,
    } = offer;
    body.tool_choice = match choice {
        _ if functions.is_empty() => None,
        None | Some(Choice::Auto) => None,
        Some(Choice::None) => Some("NONE"),
        Some(Choice::Required) if rule.forced_tool == Some(false) => {
            dropped.name(said_by);
            None
        }
        Some(Choice::Required) => Some("REQUIRED"),
    };
    if functions.is_empty() && choice == Some(Choice::Required) {
        dropped.name(said_by);
    }
    if body.strict_tools.is_none() {
        put_strict(&functions, body, dropped);
    }
    body.tools = functions.into_iter().map(FunctionTool::from).collect();
}

/// Strictness is one switch for all tools, and wants a required parameter in each of them.
fn put_strict(functions: &[Offered], body: &mut ChatBody, dropped: &mut Dropped) {
    let is_strict = |function: &&Offered| function.strict == Some(true);
    if !functions.iter().any(|function| is_strict(&function)) {
        return;
    }
    if functions
        .iter()
        .all(|function| is_strict(&function) && has_required(function))
    {
        body.strict_tools = Some(true.into());
        return;
    }
    for function in functions.iter().filter(is_strict) {
        dropped.name(format!("{}.strict", function.path));
    }
}

fn has_required(function: &Offered) -> bool {
    function
        .parameters
        .as_ref()
        .and_then(|schema| schema.get("required"))
        .and_then(Value::as_array)
        .is_some_and(|required| !required.is_empty())
}
