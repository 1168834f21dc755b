import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/faults.md"), "utf8");

/** Paths on the page are below `packages/` unless they begin with one of the other folders. */
function pathOf(named: string): string {
  return join(root, /^(?:apps|docs|examples|test)\//.test(named) ? named : `packages/${named}`);
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
  it("answers F01 to F62 and I1 to I10, each once", () => {
    const faults = Array.from({ length: 62 }, (_, i) => `F${String(i + 1).padStart(2, "0")}`);
    const invariants = Array.from({ length: 10 }, (_, i) => `I${i + 1}`);
    expect(rows.map(({ number }) => number)).toEqual([...faults, ...invariants]);
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
