/** Longest time that a connection may take to be ready. */
export const CONNECT_MS = 2_000;
