import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { AREAS } from "../../scripts/mutants/list/index.ts";
import { mutate, sourceOf, titlePattern, type Mutant } from "../../scripts/mutants/mutant.ts";
import { mutantsPage } from "../../scripts/mutants/reference-page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const mutants = AREAS.flatMap((area) => area.mutants);

/** Contract suites for the adapters of all packages. */
const CONTRACTS = "packages/core/testing";

/**
 * The texts of all tests of the package that a test file belongs to, and of the contract suites: what it calls may be in
 * another file.
 */
function testsBeside(file: string): string {
  const paths = [join(file.slice(0, file.indexOf("test/")), "test"), CONTRACTS].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(root, folder, name)),
  );
  return paths.map((path) => readFileSync(path, "utf8")).join("\n");
}

/** Titles as their sources have them, whichever quotes they stand in. */
function isIn(tests: string, title: string): boolean {
  return [`"${title}"`, `\`${title}\``, JSON.stringify(title)].some((quoted) => tests.includes(quoted));
}

describe("the mutants", () => {
  it("still apply to the sources, each exactly once", () => {
    const applied = mutants.map(
      (mutant) => mutate(sourceOf(root, mutant), mutant) !== sourceOf(root, mutant),
    );
    expect(applied).toEqual(mutants.map(() => true));
  });

  it("name tests that exist, two different ones each", () => {
    const nameless = mutants.filter(({ test }) => {
      const tests = testsBeside(test.file);
      return test.title === test.stillGreen || !isIn(tests, test.title) || !isIn(tests, test.stillGreen);
    });
    expect(nameless.map(({ name }) => name)).toEqual([]);
  });

  it("have names of their own, and are what the reference page lists", () => {
    const names = mutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(readFileSync(join(root, "docs/reference/mutants.md"), "utf8")).toBe(mutantsPage(AREAS));
  });

  it("are refused when the source does not have their text exactly once", () => {
    const of = (from: string): Mutant => ({
      name: "planted",
      why: "",
      file: "x.ts",
      replace: [[from, ""]],
      test: { project: "unit", file: "x.test.ts", title: "a", stillGreen: "b" },
    });
    expect(mutate("a guard; b", of(" guard;"))).toBe("a b");
    for (const source of ["a; b", "a guard; b guard;"]) {
      expect(() => mutate(source, of(" guard;"))).toThrow("planted: mutant no longer applies");
    }
    expect(titlePattern("a (b) of %s.")).toBe(String.raw`a \(b\) of .+\.`);
  });
});
