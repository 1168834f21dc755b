import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One exact text of the source, which must occur exactly once, and what stands there instead. */
export type Edit = readonly [from: string, to: string];

/** A test that must notice, and one of the same file that must not. */
export interface NamedTest {
  readonly project: "unit" | "end-to-end";
  readonly file: string;
  /** Title as the source has it; `%s` and `%i` stand for anything. */
  readonly title: string;
  /** Goes through the same code and stays green: what was taken away is a guard, the program is not just broken. */
  readonly stillGreen: string;
}

/** The product without one of its guards. */
export interface Mutant {
  readonly name: string;
  /** What goes wrong without the guard, in one sentence. */
  readonly why: string;
  readonly file: string;
  readonly replace: readonly Edit[];
  readonly test: NamedTest;
}

/** Mutants of one part of the product, under one heading of the reference page. */
export interface Area {
  readonly title: string;
  readonly mutants: readonly Mutant[];
}

/** Takes a text away. */
export function without(text: string): Edit {
  return [text, ""];
}

/** The source of a mutant's file, as it is. */
export function sourceOf(root: string, { file }: Mutant): string {
  return readFileSync(join(root, file), "utf8");
}

/**
 * The source without the guard.
 * @throws {Error} `mutant no longer applies`, when the source does not have each text exactly once.
 */
export function mutate(source: string, { name, file, replace }: Mutant): string {
  let mutated = source;
  for (const [from, to] of replace) {
    const times = source.split(from).length - 1;
    if (times !== 1 || from === to) {
      throw new Error(
        `${name}: mutant no longer applies: ${file} has ${times} times ${JSON.stringify(from)}`,
      );
    }
    mutated = mutated.replace(from, () => to);
  }
  return mutated;
}

/** Matches the titles that a title of the source becomes. */
export function titlePattern(title: string): string {
  return title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/%[sij]/g, ".+");
}
