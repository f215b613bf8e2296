//! Requests, answers, and the recordings.

mod answers;
mod corpus;
mod embeddings;
mod golden;
mod laws;
mod replay;
mod round_trip;
