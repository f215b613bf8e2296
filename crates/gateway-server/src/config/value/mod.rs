//! The values that a configuration is made of, each checked while it is read: durations, sizes, lists, secrets.

mod list;
mod secret;
mod size;
mod wait;

pub use self::{
    list::TextList,
    secret::{KeyList, NamedKey, SecretText},
    size::ByteSize,
    wait::Wait,
};
