//! `tollgate-wasm-glue <compiled.wasm> <folder> <name>`: writes `<name>.js` and `<name>_bg.wasm` into the folder.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1);
    let (Some(compiled), Some(folder), Some(name)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: tollgate-wasm-glue <compiled.wasm> <folder> <name>".into());
    };
    let name = name.into_string().map_err(|_| "the name is not UTF-8")?;
    // Where the wasm file is, each entry point says itself: runtimes differ.
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name(&name).web(true)?.typescript(false).omit_default_module_path(true);
    bindgen.generate(PathBuf::from(folder))?;
    Ok(())
}
