declare const loaded: {
  /** The native engine; absent where none fits. */
  addon: object | undefined;
  /** The engine for every other platform. */
  wasmBytes(): Buffer<ArrayBuffer>;
};
export = loaded;
