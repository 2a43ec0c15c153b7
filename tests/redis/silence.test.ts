import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lostWhenSilent } from "../../js/src/redis/silence.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function attended(add: () => Promise<unknown>) {
  const lost: Error[] = [];
  const asked = vi.fn(add);
  const end = lostWhenSilent({ add: asked, remove: async () => {} }, (error) => lost.push(error));
  return { lost, asked, end };
}

it("a subscriber that does not answer is lost, 5 s after it was asked", async () => {
  const { lost } = attended(() => new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(14_900);
  expect(lost).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(lost.map(({ message }) => message)).toEqual(["no answer within 5000 ms"]);
});

it.each([
  ["an answer", async () => {}],
  ["a refusal", () => Promise.reject(new Error("NOPERM"))],
])("one that gives %s is kept, and asked every 10 s", async (_, add) => {
  const { lost, asked } = attended(add);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledTimes(6);
  expect(lost).toEqual([]);
});

it("nobody is asked after the end, and who was asked before is not lost", async () => {
  const { lost, asked, end } = attended(() => new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(10_000);
  end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(lost).toEqual([]);
});
