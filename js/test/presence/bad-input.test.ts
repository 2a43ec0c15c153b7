import { expect, it } from "vitest";
import { createPresence } from "../../src/index.js";

const code = (make: () => unknown) => {
  try {
    make();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "nothing was thrown";
};

it.each([
  [{ ttl: 49 }, "CONFIG_TTL"],
  [{ ttl: "2d" }, "CONFIG_TTL"],
  [{ ttl: "soon" }, "CONFIG_TTL"],
  [{ heartbeat: 30_000 }, "CONFIG_HEARTBEAT"],
  [{ ttl: "5s" }, "CONFIG_HEARTBEAT"],
  [{ heartbeat: 9 }, "CONFIG_HEARTBEAT"],
  [{ grace: -1 }, "CONFIG_GRACE"],
  [{ grace: "25h" }, "CONFIG_GRACE"],
  [{ maxData: 0 }, "CONFIG_MAX_DATA"],
  [{ maxData: 65_537 }, "CONFIG_MAX_DATA"],
  [{ redis: "http://127.0.0.1" }, "CONFIG_REDIS"],
  [{ redis: {} }, "CONFIG_REDIS"],
  [{ redis: null }, "CONFIG_REDIS"],
  [{ redis: "redis://127.0.0.1", name: "{a}" }, "CONFIG_NAME"],
  [{ redis: "redis://127.0.0.1", ttl: "1s", heartbeat: "2s" }, "CONFIG_HEARTBEAT"],
  [{ prefix: "a b" }, "CONFIG_PREFIX"],
  [{ storeTimeout: 0 }, "CONFIG_STORE_TIMEOUT"],
  [{ tll: 1 }, "CONFIG_UNKNOWN_OPTION"],
  [7, "CONFIG_OPTIONS"],
])("createPresence(%j) throws %s", (options, expected) => {
  expect(code(() => createPresence(options as never))).toBe(expected);
});

it("a heartbeat that is not shorter than the ttl says so", () => {
  expect(() => createPresence({ ttl: "10s", heartbeat: "10s" })).toThrow(
    "heartbeat: 10000 ms is not allowed; expected 10 ms or more, and shorter than ttl (10000 ms)",
  );
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

it.each([
  ["", {}, "CONFIG_ROOM"],
  [undefined, {}, "CONFIG_ROOM"],
  ["x".repeat(513), {}, "CONFIG_ROOM"],
  ["\ud800", {}, "CONFIG_ROOM"],
  ["r", { id: "" }, "CONFIG_ID"],
  ["r", { id: 7 }, "CONFIG_ID"],
  ["r", { id: "a\udc00" }, "CONFIG_ID"],
  ["r", { user: "" }, "CONFIG_USER"],
  ["r", { user: null }, "CONFIG_USER"],
  ["r", { data: cycle }, "CONFIG_DATA"],
  ["r", { data: 1n }, "CONFIG_DATA"],
  ["r", { data: () => 1 }, "CONFIG_DATA"],
  ["r", { data: "x".repeat(4_095) }, "CONFIG_DATA"],
  ["r", { name: "Ann" }, "CONFIG_UNKNOWN_OPTION"],
  ["r", undefined, "CONFIG_OPTIONS"],
])("join %# rejects with its field", async (room, member, expected) => {
  const presence = createPresence();
  await expect(presence.join(room as never, member as never)).rejects.toMatchObject({ code: expected });
  expect(await presence.count("r")).toEqual({ members: 0, users: 0 });
});

it("an update that is too large changes nothing", async () => {
  const presence = createPresence({ maxData: 10 });
  const ann = await presence.join("r", { id: "a", data: "12345678" });
  await expect(ann.update("123456789")).rejects.toMatchObject({
    code: "CONFIG_DATA",
    message: "data: 11 bytes is not allowed; expected at most 10 bytes of JSON",
  });
  expect((await presence.members("r")).members).toEqual([{ id: "a", data: "12345678" }]);
});

it.each([
  [{ limit: 0 }, "CONFIG_PAGE_LIMIT"],
  [{ limit: 1.5 }, "CONFIG_PAGE_LIMIT"],
  [{ cursor: 5 }, "CONFIG_CURSOR"],
  [{ page: 5 }, "CONFIG_UNKNOWN_OPTION"],
])("members with %j rejects with %s", async (page, expected) => {
  await expect(createPresence().members("r", page as never)).rejects.toMatchObject({ code: expected });
});
