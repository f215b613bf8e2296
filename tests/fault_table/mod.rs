//! The fault table: every way in which an upstream can fail, and what the gateway promises for it. One row is one promise.
//!
//! Two readers play it: `e2e/fault_table` with a client that hides nothing, and `sdk/faults` with the official SDKs, which
//! are told of it by [`contract`].

mod connecting;
pub mod contract;
mod row;
mod stage;
mod statuses;
mod stories;
mod streams;
mod unseen;
mod wholes;

pub use self::{
    row::{Does, Ends, On, Row, Said, Then, Told},
    stage::{Case, FIRST_KEY, Route, SECOND_KEY, Stage},
};

/// Every row. The ids are those of the table of faults, F1 to F56; what no single
/// answer of an upstream can play has a story of its own (`stories`).
pub fn rows() -> impl Iterator<Item = &'static Row> {
    [connecting::ROWS, streams::BROKEN, streams::FIRST, streams::ODD, wholes::ROWS, wholes::ODD, statuses::ROWS].into_iter().flatten()
}
