#![doc = include_str!("../README.md")]

mod account;
pub mod affinity;
pub mod attempt;
pub mod catalogue;
pub mod failover;
pub mod limits;
pub mod listing;
pub mod resolve;
mod router;
mod select;
mod succession;

#[cfg(test)]
mod fixture;

pub use self::{
    account::label,
    affinity::{AffinitySettings, BoundState, Conversation, ConversationKey, Speaker, StateBound},
    attempt::{Ask, Attempt, Outcome, RouteError, Routed},
    catalogue::{Catalogue, CatalogueSettings, CatalogueSnapshot},
    failover::{FailoverSettings, Feedback, NoHealthyTarget, RawReply, RouteFailure},
    limits::{Overloaded, Permit},
    listing::ListError,
    resolve::{ModelRequest, Plan, Pool, ResolveError, Rule, Strategy, Target},
    router::{Router, RouterSettings},
    select::Pace,
};
