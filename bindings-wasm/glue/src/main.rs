//! `tollgate-wasm-glue <compiled.wasm> <folder>`: writes `tollgate.js` and `tollgate_bg.wasm` into the folder.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = env::args_os().skip(1).map(PathBuf::from);
    let (Some(compiled), Some(folder)) = (paths.next(), paths.next()) else {
        return Err("usage: tollgate-wasm-glue <compiled.wasm> <folder>".into());
    };
    // Where the wasm file is, each entry point says itself: runtimes differ.
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name("tollgate").web(true)?.typescript(false).omit_default_module_path(true);
    bindgen.generate(folder)?;
    Ok(())
}
