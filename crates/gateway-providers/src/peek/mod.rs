//! Reading single facts out of an upstream's JSON, in one pass and without building it.
//!
//! An answer is relayed byte for byte; the gateway only wants to know whether it is whole, whether it is an
//! error and what it used. [`Cursor`] walks over the text and checks it; [`event`] says what to look for.

mod cursor;
pub(crate) mod event;

pub(crate) use self::cursor::{Cursor, Key, Malformed, is_valid, member_cut, unquote};
