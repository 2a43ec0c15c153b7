//! Writes the conformance vectors: `cargo run -p tollgate-core --example vectors -- tests/vectors`.
//!
//! The seed is fixed, so the same code writes the same bytes; a test of this crate compares them.

#[path = "vectors/generator.rs"]
mod generator;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = PathBuf::from(std::env::args().nth(1).ok_or("usage: vectors <directory>")?);
    for (name, text) in generator::files()? {
        std::fs::write(directory.join(&name), &text)?;
        println!("{name}: {} bytes", text.len());
    }
    Ok(())
}
