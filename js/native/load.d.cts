declare const native: {
  createLimiter(config: object, scratch: Float64Array): unknown;
  dialects(): { name: string; fields: string[] }[];
  parseDuration(text: string): number;
  parseRate(text: string): { limit: number; windowMicros: number };
};
export = native;
