//! The fault table (`fault_table` of this package's library), played by a client that hides nothing; and what of a fault
//! is no row of it.

mod judge;
mod over_http2;
mod play;
mod statuses;
mod stories;
mod streams;

use std::collections::BTreeSet;

use gateway_e2e::fault_table::rows;

/// Nothing is left out: each of the 56 faults is a row, or has a story of its own.
#[test]
fn every_fault_is_there() {
    let there: BTreeSet<&str> = rows().map(|row| row.id).chain(stories::STORIES.iter().map(|(id, ..)| *id)).collect();
    let wanted: Vec<String> = (1..=56).map(|number| format!("F{number}")).collect();
    let missing: Vec<&String> = wanted.iter().filter(|id| !there.contains(id.as_str())).collect();
    assert!(missing.is_empty() && there.len() == wanted.len(), "missing {missing:?}, of {there:?}");
    let titles: BTreeSet<String> = gateway_e2e::fault_table::Stage::cases().iter().map(|case| format!("{}{}{}", case.row.id, case.row.what, case.stream)).collect();
    assert_eq!(titles.len(), gateway_e2e::fault_table::Stage::cases().len(), "each case is there once");
}
