// The demo page in a browser, against the real server and the real engine.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { lowContrast } from "./contrast.js";
import { launchBrowser, picture } from "./demo-browser.js";
import { type Demo, startDemo } from "./demo-process.js";
import { servePageWithoutWasm } from "./page-without-wasm.js";

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

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

beforeEach(async () => {
  errors = [];
  await setRule({ limit: 10, window: "1h" });
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(errors).toEqual([]);
});

async function setRule(rule: object): Promise<void> {
  const headers = { "Content-Type": "application/json" };
  const { status } = await fetch(`${demo.url}/api/rule`, { method: "PUT", headers, body: JSON.stringify(rule) });
  expect(status).toBe(200);
}

/** Opens the page and waits until it knows the rule. What the console calls an error is noted. */
async function open(options: BrowserContextOptions = { viewport: DESKTOP }): Promise<Page> {
  const page = await browser.newPage(options);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !isAnnouncedRefusal(message.text(), message.location().url)) {
      errors.push(message.text());
    }
  });
  await load(page);
  return page;
}

async function load(page: Page): Promise<void> {
  await page.goto(demo.url);
  await page.getByTestId("remaining").first().waitFor();
}

/** Chromium reports each 429 as an error, and the 400 for a rule that the server refuses. */
function isAnnouncedRefusal(text: string, url: string): boolean {
  return (url.endsWith("/api/hit") && text.includes("429")) || (url.endsWith("/api/rule") && text.includes("400"));
}

function rows(page: Page, status: number) {
  return page.getByTestId("log").locator(`[data-status="${status}"]`);
}

async function burst(page: Page, size: number): Promise<string | null> {
  await page.getByTestId("burst-size").fill(String(size));
  await page.getByTestId("send-burst").click();
  const outcome = page.getByTestId("outcome").filter({ hasText: `Burst of ${size}:` });
  await outcome.waitFor();
  return outcome.textContent();
}

async function apply(page: Page): Promise<void> {
  await page.getByTestId("apply").click();
  await page.getByText("In force.").waitFor();
}

async function decideInBrowser(page: Page): Promise<void> {
  await page.getByTestId("engine-browser").check();
  await page.getByTestId("engine-note").filter({ hasText: "No request is sent." }).waitFor();
}

/** What the page asks of a path from now on. */
function requests(page: Page, path: string): string[] {
  const seen: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === path) seen.push(request.method());
  });
  return seen;
}

/** A row of the log without what depends on when it was made. */
function undated(row: string): string {
  return row.replace(/\d+:\d+:\d+\.\d/, "").replaceAll(/t=\d+|Retry-After: \d+/g, "");
}

describe("sending", () => {
  it("shows every answer of a burst, with the header fields of a refusal", async () => {
    const page = await open();
    expect(await burst(page, 20)).toBe("Burst of 20: 10 allowed, 10 refused.");
    await rows(page, 429).first().waitFor();
    await expect.poll(() => rows(page, 429).count()).toBe(10);
    expect(await rows(page, 200).count()).toBe(10);
    const refused = await rows(page, 429).first().textContent();
    expect(refused).toMatch(/RateLimit: "default";r=0;t=\d+/);
    expect(refused).toMatch(/RateLimit-Policy: "default";q=10;w=3600/);
    expect(refused).toMatch(/Retry-After: \d+/);
    await page.getByTestId("remaining").filter({ hasText: "0 of 10 left" }).waitFor();
    await page
      .getByTestId("verdict")
      .filter({ hasText: /^In (1 h|59 min)/ })
      .waitFor();
    await page.getByTestId("charts").filter({ hasText: "10 allowed, 10 refused" }).waitFor();
    await picture(page, "1440-light");
  });

  it("sends steadily until it is stopped", async () => {
    const page = await open();
    await page.getByTestId("steady-rate").fill("50");
    await page.getByTestId("steady").click();
    await rows(page, 429).first().waitFor();
    expect(await page.getByTestId("steady").getAttribute("aria-pressed")).toBe("true");
    await page.getByTestId("steady").click();
    const outcome = page.getByTestId("outcome").filter({ hasText: "Steady: 10 allowed, " });
    expect(await outcome.textContent()).not.toContain(" 0 refused");
    expect(await page.getByTestId("steady").getAttribute("aria-pressed")).toBe("false");
  });

  it("works from the keyboard alone", async () => {
    const page = await open();
    const focused = () => page.evaluate(() => (document.activeElement as HTMLElement).dataset.testid);
    for (let i = 0; i < 5 && (await focused()) !== "send-one"; i++) await page.keyboard.press("Tab");
    expect(await focused()).toBe("send-one");
    const outline = await page.getByTestId("send-one").evaluate((button) => getComputedStyle(button).outlineStyle);
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await rows(page, 200).first().waitFor();
    expect(await rows(page, 200).count()).toBe(1);
  });
});

describe("the server", () => {
  it("is missed when it is gone, and found when it is back", async () => {
    const page = await open();
    await page.route("**/api/**", (route) => route.abort());
    await page.getByTestId("send-one").click();
    await page.getByTestId("verdict").filter({ hasText: "No answer." }).waitFor();
    await rows(page, 0).waitFor();
    expect(await page.getByTestId("outcome").textContent()).toContain("1 without a proper answer");
    expect(errors.splice(0).every((text) => text.includes("ERR_FAILED"))).toBe(true);
    await page.unroute("**/api/**");
    await page.getByTestId("verdict").filter({ hasText: "Yes." }).waitFor();
    errors = [];
  });
});

describe("the rule", () => {
  it("takes effect with the next request", async () => {
    const page = await open();
    await page.getByTestId("rule-algorithm").selectOption("sliding-window");
    await page.getByTestId("rule-limit").fill("3");
    await page.getByTestId("rule-window").fill("2h");
    expect(await page.getByTestId("guarantee").textContent()).toContain("Never more than 3 in any 2h");
    await apply(page);
    await page.getByTestId("remaining").filter({ hasText: "3 of 3 left" }).waitFor();
    expect(await burst(page, 5)).toBe("Burst of 5: 3 allowed, 2 refused.");
    expect(await rows(page, 429).first().textContent()).toContain('"default";q=3;w=7200');
  });

  it("shows two policies side by side, and which one refused", async () => {
    const page = await open();
    await page.getByTestId("rule-limit").fill("6");
    await page.getByTestId("second-on").check();
    await page.getByTestId("second-rate").fill("8 per 1d");
    await page.getByTestId("rule-cost").fill("2");
    await apply(page);
    expect(await burst(page, 5)).toBe("Burst of 5: 3 allowed, 2 refused.");
    await page.getByTestId("remaining").filter({ hasText: "0 of 6 left" }).waitFor();
    await page.getByTestId("remaining").filter({ hasText: "2 of 8 left" }).waitFor();
    const charts = page.getByTestId("charts");
    await charts.filter({ hasText: /6 per 1h.*3 allowed, 2 refused.*8 per 1d.*3 allowed, 0 refused/s }).waitFor();
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "two-policies");
  });

  it("says next to the field what is wrong, and keeps the old rule", async () => {
    const page = await open();
    await page.getByTestId("rule-limit").fill("none");
    await page.getByTestId("apply").click();
    const error = page.getByTestId("rule-limit-error");
    await error.waitFor();
    expect(await error.textContent()).toMatch(/^"none" is not allowed; expected a whole number/);
    expect(await page.getByTestId("rule-limit").getAttribute("aria-invalid")).toBe("true");
    expect(await page.getByTestId("remaining").textContent()).toBe("10 of 10 left");
    await page.getByTestId("rule-limit").fill("4");
    await apply(page);
    expect(await error.isHidden()).toBe(true);
  });

  it("says that a cost above the limit never fits", async () => {
    const page = await open();
    await page.getByTestId("rule-cost").fill("11");
    await apply(page);
    await page.getByTestId("verdict").filter({ hasText: "Never." }).waitFor();
    await page.getByTestId("send-one").click();
    expect(await rows(page, 429).first().textContent()).not.toContain("Retry-After");
  });

  it("reaches a page that is open elsewhere", async () => {
    const page = await open();
    await setRule({ limit: 7, window: "1h", algorithm: "token-bucket" });
    await page.getByTestId("remaining").filter({ hasText: "7 of 7 left" }).waitFor();
    expect(await page.getByTestId("rule-algorithm").inputValue()).toBe("token-bucket");
  });
});

describe("who decides", () => {
  it("is the server at first, then this browser, each with exact counts of its own", async () => {
    const page = await open();
    const sent = requests(page, "/api/hit");
    expect(await burst(page, 6)).toBe("Burst of 6: 6 allowed, 0 refused.");
    expect(sent.length).toBe(6);
    await decideInBrowser(page);
    await page.getByTestId("remaining").filter({ hasText: "10 of 10 left" }).waitFor();
    expect(await burst(page, 25)).toBe("Burst of 25: 10 allowed, 15 refused.");
    expect(sent.length).toBe(6);
    await page.getByTestId("remaining").filter({ hasText: "0 of 10 left" }).waitFor();
    await page
      .getByTestId("verdict")
      .filter({ hasText: /^In (1 h|59 min)/ })
      .waitFor();
    await page.getByTestId("charts").filter({ hasText: "16 allowed, 15 refused" }).waitFor();
    await picture(page, "1440-browser");
    await page.getByTestId("engine-server").check();
    await page.getByTestId("remaining").filter({ hasText: "4 of 10 left" }).waitFor();
    expect(await burst(page, 5)).toBe("Burst of 5: 4 allowed, 1 refused.");
    expect(sent.length).toBe(11);
  });

  it("tells the same header fields in the browser as on the server", async () => {
    const page = await open();
    await setRule({
      policies: ["3 per 1h", { name: "daily", limit: 9, window: "1d", algorithm: "token-bucket" }],
      cost: 3,
    });
    await page.getByTestId("remaining").filter({ hasText: "9 of 9 left" }).waitFor();
    const shown = async () => {
      expect(await burst(page, 2)).toBe("Burst of 2: 1 allowed, 1 refused.");
      await expect.poll(() => rows(page, 429).count()).toBe(1);
      return [await rows(page, 200).allTextContents(), await rows(page, 429).allTextContents()].flat().map(undated);
    };
    const onServer = await shown();
    await page.getByTestId("clear").click();
    await decideInBrowser(page);
    expect(await shown()).toEqual(onServer);
    expect(onServer[1]).toMatch(/RateLimit-Policy: "3-per-3600s";q=3;w=3600, "daily";q=9;w=86400/);
  });

  it("goes by the rule of the server, from this page and from elsewhere, and goes on without it", async () => {
    const page = await open();
    await decideInBrowser(page);
    await page.getByTestId("rule-algorithm").selectOption("token-bucket");
    await page.getByTestId("rule-burst").fill("4");
    await page.getByTestId("rule-limit").fill("2");
    await apply(page);
    expect(await burst(page, 7)).toBe("Burst of 7: 4 allowed, 3 refused.");
    await setRule({ limit: 8, window: "1h", cost: 4 });
    await page.getByTestId("remaining").filter({ hasText: "8 of 8 left" }).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    expect(await burst(page, 3)).toBe("Burst of 3: 2 allowed, 1 refused.");
    await page.getByTestId("remaining").filter({ hasText: "0 of 8 left" }).waitFor();
    expect(errors.splice(0).every((text) => text.includes("ERR_FAILED"))).toBe(true);
  });

  it("is chosen from the keyboard", async () => {
    const page = await open();
    await page.getByTestId("engine-server").focus();
    await page.keyboard.press("ArrowDown");
    await page.getByTestId("send-locally").waitFor();
    expect(await page.getByTestId("engine-browser").isChecked()).toBe(true);
    const outline = await page.locator(".side:has(:focus)").evaluate((side) => getComputedStyle(side).outlineStyle);
    expect(outline).toBe("solid");
    await page.keyboard.press("ArrowUp");
    await page.getByTestId("send-locally").waitFor({ state: "hidden" });
    expect(await page.getByTestId("engine-server").isChecked()).toBe(true);
  });

  it("stays the server where the engine cannot be fetched, and the page says why", async () => {
    const page = await open();
    await page.route("**/*.wasm", (route) => route.fulfill({ status: 404 }));
    await page.getByTestId("engine-browser").check();
    const note = page.getByTestId("engine-note").filter({ hasText: /^Only the server can decide: .*answers 404/ });
    await note.waitFor();
    expect(await page.getByTestId("engine-browser").isDisabled()).toBe(true);
    expect(await page.getByTestId("engine-server").isChecked()).toBe(true);
    expect(await burst(page, 11)).toBe("Burst of 11: 10 allowed, 1 refused.");
    expect(errors.splice(0).every((text) => text.includes("404"))).toBe(true);
  });

  it("is the server alone where the page was built without WebAssembly, and the page says why", async () => {
    const page = await open();
    await servePageWithoutWasm(page);
    await load(page);
    await page.getByTestId("engine-note").filter({ hasText: "built without the engine in WebAssembly" }).waitFor();
    expect(await page.getByTestId("engine-browser").isDisabled()).toBe(true);
    expect(await burst(page, 11)).toBe("Burst of 11: 10 allowed, 1 refused.");
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await picture(page, "1440-no-wasm");
  });
});

describe("looks", () => {
  it.each([320, PHONE.width, 768, DESKTOP.width])("fits into %d px", async (width) => {
    const page = await open({ viewport: { width, height: PHONE.height } });
    await page.getByTestId("second-on").check();
    await apply(page);
    await burst(page, 15);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await picture(page, `${width}`);
  });

  it.each(["light", "dark"] as const)("has readable colours in %s", async (colorScheme) => {
    const page = await open({ viewport: DESKTOP, colorScheme });
    await burst(page, 15);
    await page.getByTestId("rule-limit").fill("none");
    await page.getByTestId("apply").click();
    await page.getByTestId("rule-limit-error").waitFor();
    expect(await page.evaluate(lowContrast)).toEqual([]);
    await picture(page, `1440-${colorScheme}-error`);
  });

  it("turns dark with the system, and back with the toggle, for good", async () => {
    const page = await open({ viewport: DESKTOP, colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe("rgb(13, 20, 19)");
    await burst(page, 15);
    await picture(page, "1440-dark");
    await page.getByTestId("theme").click();
    expect(await ground()).toBe("rgb(241, 244, 243)");
    await page.reload();
    expect(await ground()).toBe("rgb(241, 244, 243)");
  });

  it("keeps still for those who ask for it", async () => {
    const moves = (page: Page) =>
      page.evaluate(() => getComputedStyle(document.querySelector(".gate-arm") as Element).transitionDuration);
    expect(await moves(await open())).not.toBe("0s");
    expect(await moves(await open({ reducedMotion: "reduce" }))).toBe("0s");
  });
});
