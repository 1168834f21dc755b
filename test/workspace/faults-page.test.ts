import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/faults.md"), "utf8");

/** Paths on the page are below `packages/` unless they begin with one of the other folders. */
function pathOf(named: string): string {
  return join(root, /^(?:apps|clients|docs|examples|test)\//.test(named) ? named : `packages/${named}`);
}

interface Row {
  readonly number: string;
  readonly text: string;
  readonly proofs: readonly { readonly file: string; readonly test: string }[];
}

const rows: readonly Row[] = page
  .split("\n")
  .filter((line) => /^\| [FI]\d+ \|/.test(line))
  .map((text) => ({
    number: text.slice(2, text.indexOf(" |")),
    text,
    proofs: [...text.matchAll(/`([^`]+)` › "([^"]+)"/g)].map(([, file = "", test = ""]) => ({ file, test })),
  }));

describe("docs/faults.md", () => {
  it("answers F01 to F62, what was found since, and I1 to I12, each once and in order", () => {
    const faults = Array.from({ length: 62 }, (_, i) => `F${String(i + 1).padStart(2, "0")}`);
    const invariants = Array.from({ length: 12 }, (_, i) => `I${i + 1}`);
    const numbers = rows.map(({ number }) => number);
    const since = numbers.slice(faults.length, -invariants.length);
    expect(numbers).toEqual([...faults, ...since, ...invariants]);
    expect(since).toEqual(
      [...new Set(since)].toSorted().filter((number) => /^F(?:6[3-9]|[7-9]\d)$/.test(number)),
    );
  });

  it("names for each a test that exists, and files that exist", () => {
    const wrong: string[] = [];
    for (const { number, text, proofs } of rows) {
      if (proofs.length === 0) wrong.push(`${number} names no test`);
      for (const { file, test } of proofs) {
        if (!existsSync(pathOf(file))) wrong.push(`${number}: no file ${file}`);
        else if (!readFileSync(pathOf(file), "utf8").includes(`"${test}"`)) {
          wrong.push(`${number}: no test "${test}" in ${file}`);
        }
      }
      for (const [, file = ""] of text.matchAll(/`([\w./-]+\.(?:tsx?|lua|sql|conf))`/g)) {
        if (!existsSync(pathOf(file))) wrong.push(`${number}: no file ${file}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
