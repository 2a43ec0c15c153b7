import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { answers } from "../../tests/vectors/replay.mjs";
import { engine } from "../src/engine.js";
import * as cells from "../src/scratch.js";

interface Case {
  name: string;
  policies: object[];
  steps: { expect?: object }[];
}

const folder = new URL("../../tests/vectors/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

it("the engine is the one that was asked for", () => {
  expect(engine.kind).toBe(process.env.TOLLGATE_ENGINE);
});

describe.each(files)("the engine answers what %s says", (file) => {
  const { cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { cases: Case[] };
  it.each(cases.map((one) => [one.name, one] as const))("%s", (_name, one) => {
    expect(answers(engine, cells, one)).toEqual(one.steps.map((step) => step.expect));
    expect(one.steps.length).toBeGreaterThan(10);
  });
});
