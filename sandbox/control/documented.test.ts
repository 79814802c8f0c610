import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { controlCommand } from "./commands";
import { faultInput } from "./faults";

const page = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");
const section = (title: string) => page.split(/^#+ /m).find((part) => part.startsWith(title)) ?? "";
const firstCells = (part: string) => [...part.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell]) => cell ?? "");

test("every example of docs/sandbox.md is a command, and the table has all of them", () => {
  const examples = [...page.matchAll(/-d '([^']+)'/g)].map(([, json]) => JSON.parse(json ?? ""));
  expect(examples.length).toBeGreaterThan(3);
  for (const example of examples) expect(controlCommand.safeParse(example).error, JSON.stringify(example)).toBeUndefined();
  const commands = controlCommand.options.map(({ shape }) => shape.command.value);
  expect(firstCells(section("The control port")).sort()).toEqual([...commands].sort());
});

test("the table of effects has all of them, each as it is sent", () => {
  const effects = firstCells(section("Faults")).map((cell) => JSON.parse(cell));
  for (const effect of effects) expect(faultInput.safeParse({ effect }).error, JSON.stringify(effect)).toBeUndefined();
  expect(effects.map(({ kind }) => kind).sort()).toEqual(faultInput.shape.effect.options.map(({ shape }) => shape.kind.value).sort());
});
