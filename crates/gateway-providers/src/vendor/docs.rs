//! The vendors' document, made from the rows.
