//! JSON that is only forwarded is never rebuilt: a strict scan of the bytes, and edits spliced in place.
//!
//! A gateway that reads one value and forwards another can be played against its upstream. So every body is
//! scanned once, strictly ([`RawObject::parse`]): what is ambiguous between parsers (duplicate keys, broken
//! UTF-8, lone surrogates, numbers out of range) is refused. What was scanned is what is sent: changes replace
//! the bytes of single members, everything else keeps its bytes.

mod keys;
mod object;
mod refusal;
mod scan;
mod signs;
mod splice;
mod text;

pub use self::{
    object::{Element, Member, RawObject, elements},
    refusal::{ScanError, ScanErrorKind, ScanLimits},
    scan::check,
    splice::Edit,
    text::{is_utf8, plain_run},
};
