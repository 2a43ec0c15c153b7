// The tab "who is here", in browsers: over one process in memory, and over three that share a Redis.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lowContrast } from "./contrast.js";
import { launchBrowser, picture } from "./demo-browser.js";
import { type Demo, startDemo } from "./demo-process.js";
import { freePort, Server } from "./redis/server.js";

const DESKTOP = { width: 1440, height: 900 };

let browser: Browser;
let errors: string[];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(() => {
  errors = [];
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(errors).toEqual([]);
});

/** A browser of its own, so another user. */
async function visitor(name: string, demo: Demo, viewport = DESKTOP): Promise<Page> {
  const page = await openTab(await browser.newContext({ viewport }), demo);
  await rename(page, name);
  return page;
}

async function openTab(context: BrowserContext, demo: Demo): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(`${demo.url}/#presence`);
  await page.getByTestId("members").getByText("this tab").waitFor();
  return page;
}

async function rename(page: Page, name: string): Promise<void> {
  await page.getByTestId("own-name").fill(name);
  await page.getByTestId("rename").click();
  await members(page, name).waitFor();
}

function members(page: Page, name: string | RegExp) {
  return page.getByTestId("members").locator("li").filter({ hasText: name });
}

function told(page: Page, event: string, text: string | RegExp) {
  return page.getByTestId("presence-events").locator(`[data-event="${event}"]`).filter({ hasText: text });
}

/** The name of the process that a tab is connected to. */
async function processOf(page: Page): Promise<string> {
  const note = await page.getByTestId("presence-note").textContent();
  return /connected to process (\d+)/.exec(note ?? "")?.[1] ?? "";
}

describe("in one process", () => {
  let demo: Demo;

  beforeAll(async () => {
    demo = await startDemo("10 per 1h");
  });

  afterAll(async () => {
    await demo?.stop();
  });

  it("two tabs of a browser are one user, whose new name holds in both", async () => {
    const ada = await visitor("Ada", demo);
    const bob = await visitor("Bob", demo);
    await members(bob, "Ada").waitFor();
    const second = await openTab(ada.context(), demo);
    await bob.getByTestId("members-count").filter({ hasText: "2 users, 3 connections" }).waitFor();
    await rename(second, "Ada Lovelace");
    await members(bob, "Ada Lovelace").waitFor();
    expect(await told(bob, "leave", "").count()).toBe(0);
    await second.close();
    await bob.getByTestId("members-count").filter({ hasText: "2 users, 2 connections" }).waitFor();
    expect(await told(bob, "user-leave", "").count()).toBe(0);
    await ada.close();
    await told(bob, "user-leave", "Ada Lovelace").waitFor();
    await bob.getByTestId("members-count").filter({ hasText: "1 user, 1 connection" }).waitFor();
  });

  it("a reload is no leave", async () => {
    const ada = await visitor("Ada", demo);
    const bob = await visitor("Bob", demo);
    await ada.reload();
    await ada.getByTestId("members").getByText("this tab").waitFor();
    await members(bob, "Ada").waitFor();
    expect(await members(bob, "Ada").count()).toBe(1);
  });

  it("a line is heard by all", async () => {
    const ada = await visitor("Ada", demo);
    const bob = await visitor("Bob", demo);
    await ada.getByTestId("line").fill("Is anybody here?");
    await ada.getByTestId("say").click();
    for (const page of [ada, bob]) {
      const line = page.getByTestId("chat").locator("li").filter({ hasText: "Is anybody here?" });
      await line.waitFor();
      expect(await line.count()).toBe(1);
    }
  });

  it("guests come and go", async () => {
    const ada = await visitor("Ada", demo);
    await ada.getByTestId("guests").click();
    await ada.getByTestId("members-count").filter({ hasText: "6 users" }).waitFor();
    await ada.getByTestId("dismiss").click();
    await ada.getByTestId("members-count").filter({ hasText: "1 user," }).waitFor();
    expect(await told(ada, "leave", /Guest .* left$/).count()).toBe(5);
  });

  it.each([320, 768, 1440])("fits into %d px, with readable colours", async (width) => {
    const ada = await visitor("Ada", demo, { width, height: 844 });
    await ada.getByTestId("guests").click();
    await ada.getByTestId("line").fill("Hello");
    await ada.getByTestId("say").click();
    await ada.getByTestId("chat").getByText("Hello").waitFor();
    expect(await ada.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await ada.evaluate(lowContrast)).toEqual([]);
    await picture(ada, `presence-${width}`);
    await ada.getByTestId("dismiss").click();
    await ada.getByTestId("members-count").filter({ hasText: "1 user," }).waitFor();
  });
});

describe("in three processes over one Redis", () => {
  let redis: Server;
  let demo: Demo;

  beforeAll(async () => {
    redis = new Server(await freePort(), {});
    await redis.start();
    const environment = { REDIS_URL: redis.url, PRESENCE_TTL: "2s", PRESENCE_HEARTBEAT: "500" };
    demo = await startDemo("10 per 1h", { args: ["--processes", "3"], environment });
  });

  afterAll(async () => {
    await demo?.stop();
    await redis?.kill();
  });

  it("members of a process that was killed age out, once, and its tabs come back elsewhere", async () => {
    const ada = await visitor("Ada", demo);
    let bob = await visitor("Bob", demo);
    while ((await processOf(bob)) === (await processOf(ada))) {
      await bob.context().close();
      bob = await visitor("Bob", demo);
    }
    await ada.getByTestId("guests").click();
    await bob.getByTestId("members").getByText("Guest").nth(4).waitFor();
    await ada.getByTestId("line").fill("Heard elsewhere?");
    await ada.getByTestId("say").click();
    await bob.getByTestId("chat").getByText("Heard elsewhere?").waitFor();

    const killed = await processOf(ada);
    await ada.getByTestId("kill-process").click();
    await told(bob, "leave", /Guest .*: their process had died/)
      .nth(4)
      .waitFor();
    await expect.poll(() => processOf(ada), { timeout: 15_000 }).not.toBe(killed);
    await members(bob, "Ada").waitFor();
    expect(await told(bob, "leave", "Guest").count()).toBe(5);
    expect(await members(bob, "Guest").count()).toBe(0);
    await picture(bob, "presence-after-kill");
  });
});
