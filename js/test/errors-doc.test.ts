import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

function sources(folder: string, ending: string): string[] {
  return readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => read(`${folder}/${name}`));
}

const codesIn = (text: string) =>
  [
    ...text.matchAll(
      /"((?:CONFIG|ENGINE|STORE)(?:_[A-Z0-9]+)*|CLEARED|CLOSED|QUEUE_FULL|SHARE_STARVED|TIMEOUT|TOO_LARGE)"/g,
    ),
  ].map((match) => match[1]);

it("docs/errors.md explains every code, and no other", () => {
  const crates = ["core", "boundary", "bindings-node", "bindings-wasm"];
  const texts = [...sources("js/src", ".ts"), ...crates.flatMap((crate) => sources(`${crate}/src`, ".rs"))];
  const used = [...new Set(texts.flatMap(codesIn))].sort();
  const explained = [...read("docs/errors.md").matchAll(/^## `([A-Z0-9_]+)`$/gm)].map((match) => match[1]).sort();
  expect(used.length).toBeGreaterThan(10);
  expect(explained).toEqual(used);
});
