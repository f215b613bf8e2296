//! Plays the fault table for programs in other languages: prints what they have to know as one line of JSON, and serves
//! until its input ends.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::io::{self, Read};

use gateway_e2e::fault_table::contract::Contract;

fn main() -> io::Result<()> {
    let contract = Contract::open();
    println!("{}", contract.description());
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
