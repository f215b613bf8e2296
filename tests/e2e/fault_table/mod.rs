//! The fault table: what each fault of an upstream becomes at the client. One row is one line of data.

mod connecting;
mod statuses;
mod streams;
mod wholes;
