//! Prints `docs/vendors.md`, the table of the built-in vendors.

use std::{error::Error, io::Write as _};

use gateway_providers::vendor::{Catalog, docs};

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::builtin()?;
    std::io::stdout().write_all(docs::markdown(&catalog).as_bytes())?;
    Ok(())
}
