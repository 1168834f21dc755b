import { CRASH_POINTS } from "../../packages/core/src/crash-point.ts";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TABLE = "packages/core/src/crash-point.ts";
const LITERAL = /"([a-z-]+\.[a-z-]+)"/g;

interface Call {
  readonly path: string;
  readonly argument: string;
  readonly names: readonly string[];
}

/** Files of the product's own code, from the root. */
function sources(): readonly string[] {
  return ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).flatMap((part) =>
      readdirSync(join(root, group, part, "src"), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.tsx?$/.test(name))
        .map((name) => join(group, part, "src", name)),
    ),
  );
}

function callsIn(path: string): readonly Call[] {
  const text = readFileSync(`${root}/${path}`, "utf8").replaceAll(/^\s*(\/\/|\*).*$/gm, ""); // a comment calls nothing
  return [...text.matchAll(/\bcrashPoint\(([^()]*)\)/g)].map(([, argument = ""]) => ({
    path,
    argument,
    names: [...argument.matchAll(LITERAL)].map(([, name = ""]) => name),
  }));
}

describe("the table of crash points", () => {
  const calls = sources()
    .filter((path) => path !== TABLE)
    .flatMap(callsIn);
  const called = new Set(calls.flatMap(({ names }) => names));

  it("names nothing that no process can pass", () => {
    expect(Object.keys(CRASH_POINTS).filter((name) => !called.has(name))).toEqual([]);
  });

  it("names whatever is called, by a literal that can be searched for", () => {
    expect(calls.filter(({ names }) => names.length === 0)).toEqual([]);
    expect([...called].filter((name) => !Object.hasOwn(CRASH_POINTS, name))).toEqual([]);
  });
});
