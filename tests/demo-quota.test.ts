// The tab "one quota, many processes", in a browser: real workers over the stand-in for Redis's pub/sub, and over Redis.
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lowContrast } from "./contrast.js";
import { launchBrowser, picture } from "./demo-browser.js";
import { type Demo, startDemo } from "./demo-process.js";
import { freePort, Server } from "./redis/server.js";

/** Longer than three heartbeats, a window and the time to settle, on a machine that is busy. */
const SOON = { timeout: 25_000 };

let browser: Browser;
let demo: Demo;
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

async function open(at: Demo, width = 1440): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`${at.url}/#quota`);
  await page.getByTestId("quota-limit").filter({ hasText: "24 starts" }).waitFor();
  return page;
}

async function startWorkers(page: Page, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await page.getByTestId("start-worker").click();
}

function worker(page: Page, id: number, text: string | RegExp) {
  return page
    .getByTestId("workers")
    .locator("li")
    .filter({ hasText: `Worker ${id}` })
    .filter({ hasText: text });
}

async function peak(page: Page): Promise<number> {
  return Number.parseInt((await page.getByTestId("quota-peak").textContent()) ?? "", 10);
}

describe("workers", () => {
  it("find each other, share the quota, and take back what one that stops had", async () => {
    const page = await open(demo);
    await startWorkers(page, 2);
    for (const id of [1, 2]) await worker(page, id, "share 12, knows 1 other").waitFor(SOON);
    await expect.poll(() => peak(page), SOON).toBe(24);
    await page.getByTestId("stop-1").click();
    await worker(page, 2, "share 24, knows no other").waitFor(SOON);
    expect(await page.getByTestId("workers").locator("li").count()).toBe(1);
    expect(await peak(page)).toBe(24);
  });

  it("take back the share of one that is killed, cut off or frozen, and never start more than the quota", async () => {
    const page = await open(demo);
    await startWorkers(page, 4);
    for (const id of [1, 2, 3, 4]) await worker(page, id, "share 6, knows 3 others").waitFor(SOON);
    await page.getByTestId("kill-1").click();
    await page.getByTestId("cut-2").click();
    await page.getByTestId("pause-3").click();
    await worker(page, 2, "has given up its share").waitFor(SOON);
    await worker(page, 3, "frozen").waitFor(SOON);
    await worker(page, 4, "share 24, knows no other").waitFor(SOON);
    await picture(page, "quota-trouble");
    await page.getByTestId("mend-2").click();
    await page.getByTestId("resume-3").click();
    for (const id of [2, 3, 4]) await worker(page, id, "share 8, knows 2 others").waitFor(SOON);
    expect(await peak(page)).toBe(24);
  });

  it("end with their page", async () => {
    const page = await open(demo);
    await startWorkers(page, 1);
    await worker(page, 1, /share|waits/).waitFor(SOON);
    await page.reload();
    await page.getByTestId("quota-limit").filter({ hasText: "24 starts" }).waitFor();
    expect(await page.getByTestId("workers").locator("li").count()).toBe(0);
  });

  it("share over a real Redis, too", async () => {
    const redis = new Server(await freePort(), {});
    await redis.start();
    const shared = await startDemo("10 per 1h", { environment: { REDIS_URL: redis.url } });
    try {
      const page = await open(shared);
      await page.getByTestId("quota-note").filter({ hasText: "go through Redis" }).waitFor();
      await startWorkers(page, 3);
      for (const id of [1, 2, 3]) await worker(page, id, "share 8, knows 2 others").waitFor(SOON);
      await picture(page, "quota-redis");
    } finally {
      await shared.stop();
      await redis.kill();
    }
  });
});

describe("looks", () => {
  it.each([320, 768, 1440])("fits into %d px, with readable colours", async (width) => {
    const page = await open(demo, width);
    await startWorkers(page, 2);
    await worker(page, 2, "share 12").waitFor(SOON);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await picture(page, `quota-${width}`);
  });
});
