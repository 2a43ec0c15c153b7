import type { Call } from "./call.js";
import type { CallQueue } from "./queue.js";
import { isRefusal, RefusedResponse } from "./refusals.js";
import { learnFrom, readTold } from "./told.js";
import type { PaceOptions } from "./types.js";

type Fetch = typeof globalThis.fetch;

/** `fetch` that waits its turn. A refusal that does not go again, or did so in vain, is the response. */
export function pacedFetch(queueOf: () => CallQueue, learn: boolean): Fetch {
  return async (input, init) => {
    const queue = queueOf();
    const isRepeatable = canRepeat(input, init);
    const given = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const options: PaceOptions = given ? { signal: given } : {};
    let refused: Response | undefined;
    try {
      return await queue.pace(async (job) => {
        if (refused !== undefined) await refused.body?.cancel();
        refused = undefined;
        const response = await globalThis.fetch(again(input, isRepeatable), { ...init, signal: job.signal });
        if (isRefusal(response.status, response.headers)) {
          refused = response;
          throw new RefusedResponse(response, isRepeatable);
        }
        if (learn) learnFrom(queue, job as Call, readTold(response.headers));
        return response;
      }, options);
    } catch (error) {
      if (error instanceof RefusedResponse) return error.response;
      await refused?.body?.cancel();
      throw error;
    }
  };
}

/** A stream can be sent once. A request's own body is copied for each attempt. */
function canRepeat(input: Parameters<Fetch>[0], init: RequestInit | undefined): boolean {
  if (init?.body instanceof ReadableStream) return false;
  return !(input instanceof Request && input.bodyUsed);
}

function again(input: Parameters<Fetch>[0], isRepeatable: boolean): Parameters<Fetch>[0] {
  return input instanceof Request && isRepeatable ? input.clone() : input;
}
