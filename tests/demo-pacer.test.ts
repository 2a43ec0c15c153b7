// The tab of calls that go out, in a browser: a pacer of the page itself, in WebAssembly.
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lowContrast } from "./contrast.js";
import { launchBrowser, picture } from "./demo-browser.js";
import { type Demo, startDemo } from "./demo-process.js";
import { servePageWithoutWasm } from "./page-without-wasm.js";

const DESKTOP = { width: 1440, height: 900 };

let demo: Demo;
let browser: Browser;
let errors: string[];

beforeAll(async () => {
  browser = await launchBrowser();
  demo = await startDemo("10 per 1h");
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

beforeEach(() => {
  errors = [];
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(errors).toEqual([]);
});

/** Opens the tab by its address, and waits until jobs can be dropped in. */
async function open(options: BrowserContextOptions = { viewport: DESKTOP }): Promise<Page> {
  const page = await newPage(options);
  await page.goto(`${demo.url}/#outgoing`);
  await page.locator("[data-testid=drop-go]:enabled").waitFor();
  return page;
}

async function newPage(options: BrowserContextOptions = { viewport: DESKTOP }): Promise<Page> {
  const page = await browser.newPage(options);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return page;
}

interface Jobs {
  count: number;
  duration?: number;
  cost?: number;
  priority?: number;
}

async function drop(page: Page, { count, duration = 0, cost = 1, priority = 0 }: Jobs): Promise<void> {
  for (const [name, value] of Object.entries({ count, duration, cost, priority })) {
    await page.getByTestId(`drop-${name}`).fill(String(value));
  }
  await page.getByTestId("drop-go").click();
}

async function steer(page: Page, allowed: { limit?: number; concurrency?: number }): Promise<void> {
  for (const [name, value] of Object.entries(allowed)) await page.getByTestId(`steer-${name}`).fill(String(value));
}

/** Waits until a number of the tally is what it should be. */
async function tally(page: Page, name: "waiting" | "running" | "most", count: number): Promise<void> {
  await expect.poll(() => page.getByTestId(`tally-${name}`).textContent(), { timeout: 10_000 }).toBe(String(count));
}

function event(page: Page, text: string | RegExp): Locator {
  return page.getByTestId("events").locator("li").filter({ hasText: text });
}

describe("the tabs", () => {
  it("show one panel each, by a click and by the address", async () => {
    const page = await newPage();
    await page.goto(demo.url);
    await page.getByTestId("remaining").first().waitFor();
    expect(await page.getByTestId("tab-incoming").getAttribute("aria-selected")).toBe("true");
    await page.getByTestId("tab-outgoing").click();
    await page.getByTestId("drop-go").waitFor();
    expect(await page.getByTestId("send-one").isVisible()).toBe(false);
    expect(await page.getByTestId("tab-outgoing").getAttribute("aria-selected")).toBe("true");
    expect(new URL(page.url()).hash).toBe("#outgoing");
    await page.reload();
    await page.getByTestId("drop-go").waitFor();
    await page.getByTestId("tab-incoming").click();
    await page.getByTestId("send-one").waitFor();
    expect(new URL(page.url()).hash).toBe("");
  });

  it("are chosen by arrow keys, and only the chosen one is in the order of Tab", async () => {
    const page = await open();
    const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.testid);
    await page.getByTestId("tab-outgoing").focus();
    for (const [key, id] of [
      ["Home", "tab-incoming"],
      ["ArrowLeft", "tab-quota"],
      ["ArrowRight", "tab-incoming"],
      ["End", "tab-quota"],
      ["ArrowLeft", "tab-presence"],
      ["ArrowLeft", "tab-outgoing"],
    ] as const) {
      await page.keyboard.press(key);
      expect(await focused()).toBe(id);
      expect(await page.getByTestId(id).getAttribute("aria-selected")).toBe("true");
    }
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("drop-count");
    const panel = page.getByRole("tabpanel", { name: "Calls that go out" });
    expect(await panel.getByTestId("drop-go").isVisible()).toBe(true);
  });
});

describe("jobs", () => {
  it("start up to the limit in any second, and never above it", async () => {
    const page = await open();
    await steer(page, { limit: 10, concurrency: 40 });
    await drop(page, { count: 35, duration: 50 });
    await tally(page, "waiting", 25);
    await event(page, /Batch 1 is over after .*: 35 done\./).waitFor();
    await tally(page, "most", 10);
    await tally(page, "running", 0);
    expect(await page.getByTestId("batch-1").textContent()).toContain("35 done");
  });

  it("count what they cost", async () => {
    const page = await open();
    await steer(page, { limit: 10, concurrency: 40 });
    await drop(page, { count: 4, cost: 4 });
    await tally(page, "waiting", 2);
    await tally(page, "most", 8);
    await event(page, /4 done/).waitFor();
  });

  it("that could never start are refused, with both numbers", async () => {
    const page = await open();
    await steer(page, { limit: 10 });
    await drop(page, { count: 3, cost: 11 });
    const said = page.getByTestId("drop-error").filter({ hasText: /11 can never start.* 10/ });
    await said.waitFor();
    expect(await page.getByTestId("drop-cost").getAttribute("aria-invalid")).toBe("true");
    await event(page, /0 done, 3 refused/).waitFor();
    await drop(page, { count: 1 });
    expect(await page.getByTestId("drop-cost").getAttribute("aria-invalid")).toBe(null);
  });

  it("of a higher priority go first", async () => {
    const page = await open();
    await steer(page, { concurrency: 2 });
    await page.getByTestId("pause").click();
    await drop(page, { count: 2, duration: 60_000 });
    await drop(page, { count: 2, duration: 60_000, priority: 5 });
    await page.getByTestId("pause").click();
    await page.getByTestId("batch-2").filter({ hasText: "2 running" }).waitFor();
    expect(await page.getByTestId("batch-1").textContent()).toContain("2 waiting");
  });
});

describe("what is allowed", () => {
  it("changes while jobs wait, and what waits follows", async () => {
    const page = await open();
    await steer(page, { limit: 2, concurrency: 3 });
    await drop(page, { count: 30, duration: 60_000 });
    await tally(page, "running", 2);
    await steer(page, { limit: 60 });
    await tally(page, "running", 3);
    await steer(page, { concurrency: 12 });
    await tally(page, "running", 12);
    await tally(page, "waiting", 18);
    expect(await page.getByTestId("steer-concurrency-now").textContent()).toBe("12");
    expect(await event(page, "From now on 60 in any second, 12 at once.").count()).toBe(1);
  });

  it("is changed from the keyboard", async () => {
    const page = await open();
    await page.getByTestId("steer-limit").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(await page.getByTestId("steer-limit-now").textContent()).toBe("2");
    await drop(page, { count: 5, duration: 60_000 });
    await tally(page, "running", 2);
  });

  it("is nothing during a pause", async () => {
    const page = await open();
    const pause = page.getByTestId("pause");
    await pause.click();
    expect(await pause.getAttribute("aria-pressed")).toBe("true");
    await drop(page, { count: 5 });
    await tally(page, "waiting", 5);
    await pause.click();
    await event(page, /Batch 1 is over after .*: 5 done/).waitFor();
    expect(await pause.getAttribute("aria-pressed")).toBe("false");
  });
});

describe("cancelling", () => {
  it("takes back one batch, running jobs included, and leaves the others", async () => {
    const page = await open();
    await steer(page, { limit: 60, concurrency: 4 });
    await drop(page, { count: 6, duration: 60_000 });
    await drop(page, { count: 3 });
    await tally(page, "running", 4);
    await tally(page, "waiting", 5);
    await page.getByRole("button", { name: "Cancel batch 1" }).click();
    await event(page, /Batch 1 is over after .*: 0 done, 6 cancelled\./).waitFor();
    await event(page, /Batch 2 is over after .*: 3 done\./).waitFor();
    expect(await page.getByRole("button", { name: "Cancel batch 1" }).isDisabled()).toBe(true);
    await tally(page, "running", 0);
  });

  it("takes back all that waits, and lets what runs end", async () => {
    const page = await open();
    await steer(page, { concurrency: 2 });
    await drop(page, { count: 40, duration: 700 });
    await tally(page, "running", 2);
    await page.getByTestId("cancel-all").click();
    await event(page, "Cancelled all that waited: 38.").waitFor();
    await event(page, /2 done, 38 cancelled\./).waitFor();
  });
});

describe("where the engine is missing", () => {
  it("the tab says why, and takes no jobs", async () => {
    const page = await newPage();
    await servePageWithoutWasm(page);
    await page.goto(`${demo.url}/#outgoing`);
    await page.getByTestId("pacer-note").filter({ hasText: "built without the engine in WebAssembly" }).waitFor();
    for (const id of ["drop-go", "pause", "cancel-all", "steer-limit"]) {
      expect(await page.getByTestId(id).isDisabled()).toBe(true);
    }
    expect(await page.evaluate(lowContrast)).toEqual([]);
  });

  it("the tab says so when it cannot be fetched", async () => {
    const page = await newPage();
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await page.goto(`${demo.url}/#outgoing`);
    await page
      .getByTestId("pacer-note")
      .filter({ hasText: /^No jobs here: .*404/ })
      .waitFor();
    expect(await page.getByTestId("drop-go").isDisabled()).toBe(true);
    expect(errors.splice(0).every((text) => text.includes("404"))).toBe(true);
  });
});

describe("looks", () => {
  /** Something in every part of the tab. */
  async function fill(page: Page): Promise<void> {
    await steer(page, { limit: 12, concurrency: 6 });
    await drop(page, { count: 8, duration: 50 });
    await event(page, "8 done").waitFor();
    await drop(page, { count: 90, duration: 250, priority: 3 });
    await drop(page, { count: 40, duration: 250 });
    await page.getByRole("button", { name: "Cancel batch 3" }).click();
    await page
      .getByTestId("batch-2")
      .filter({ hasText: /(2\d|3\d) done/ })
      .waitFor();
  }

  it.each([320, 390, 768, 1440])("fits into %d px", async (width) => {
    const page = await open({ viewport: { width, height: 844 } });
    await fill(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await picture(page, `pacer-${width}`);
  });

  it.each(["light", "dark"] as const)("has readable colours in %s", async (colorScheme) => {
    const page = await open({ viewport: DESKTOP, colorScheme });
    await fill(page);
    await steer(page, { limit: 20 });
    await drop(page, { count: 3, cost: 50 });
    await page.getByTestId("drop-error").filter({ hasText: "can never start" }).waitFor();
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await picture(page, `pacer-${colorScheme}`);
  });

  it("keeps everything in its place while jobs run", async () => {
    const page = await open();
    const places = () =>
      page.evaluate(() =>
        ["drop-go", "pause", "pace-chart", "batches-title"].map(
          (id) => window.scrollY + (document.getElementById(id)?.getBoundingClientRect().top ?? 0),
        ),
      );
    const before = await places();
    await fill(page);
    expect(await places()).toEqual(before);
  });
});
