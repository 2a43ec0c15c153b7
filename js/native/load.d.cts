declare const loaded: {
  /** The native engine; absent where none fits. */
  addon: object | undefined;
  /** The engine of that name for every other platform. */
  wasmBytes(name: "limits" | "machines"): Buffer<ArrayBuffer>;
};
export = loaded;
