/** The version of this package. A wasm engine has to be of the same one. */
export const VERSION = "0.1.0";
