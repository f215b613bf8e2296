//! What the fuzzing programs run, one function each. It is here, and not in the programs, so that ordinary tests run the
//! same on every seed: they include this file.

mod answers;
pub mod aws_frames;
pub mod decoders;
pub mod passed_on;
