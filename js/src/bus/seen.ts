/** Publishers that are remembered at most; those of processes that ended are forgotten, the oldest first. */
const MAX_ORIGINS = 1_024;

/**
 * What one subscription has got from each publisher.
 *
 * Clients may send again what they do not know to have arrived, so a message can come twice, or after a later one.
 */
export class Seen {
  #last = new Map<string, number>();

  /** Whether a message is new. Then it is remembered. */
  isNew(origin: string, number: number): boolean {
    const last = this.#last.get(origin);
    if (last !== undefined && number <= last) return false;
    this.#last.set(origin, number);
    if (last === undefined && this.#last.size > MAX_ORIGINS) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const origin of this.#last.keys()) {
      this.#last.delete(origin);
      return;
    }
  }
}
