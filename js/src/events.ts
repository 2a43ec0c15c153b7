/** Listeners by event. Not `node:events`: an "error" that nobody listens to is not thrown. */
export class Listeners<Events> {
  #lists = new Map<keyof Events, Set<(event: never) => void>>();

  /** Adds a listener; returns what removes it. */
  on<E extends keyof Events>(event: E, listener: (event: Events[E]) => void): () => void {
    const list = this.#lists.get(event) ?? new Set();
    list.add(listener as (event: never) => void);
    this.#lists.set(event, list);
    return () => {
      list.delete(listener as (event: never) => void);
    };
  }

  /** Whether anybody listens. */
  has(event: keyof Events): boolean {
    return (this.#lists.get(event)?.size ?? 0) > 0;
  }

  /** Calls the listeners. One that throws stops nobody: its error becomes an "error" event. */
  emit<E extends keyof Events>(event: E, value: Events[E]): void {
    for (const listener of this.#lists.get(event) ?? []) {
      try {
        (listener as (event: Events[E]) => void)(value);
      } catch (error) {
        if (event !== "error") this.emit("error" as E, error as Events[E]);
      }
    }
  }
}
