// The browser in which the demo page is tested, and the pictures that are taken of it.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { repository } from "./demo-process.js";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const pictures = join(repository, "test-results");

/** Builds the page if need be, and starts a browser. */
export function launchBrowser(): Promise<Browser> {
  mkdirSync(pictures, { recursive: true });
  execFileSync(process.execPath, ["demo/build.mjs"], { cwd: repository });
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: QUIET });
}

/** A picture of the whole page, for people to look at. */
export function picture(page: Page, name: string) {
  return page.screenshot({ path: join(pictures, `demo-${name}.png`), fullPage: true });
}
