/**
 * `npm run mutants`: takes the guards of the product away, one at a time, and sees the named test of each turn red.
 * Works on a copy of the sources. `--only NAME` (repeatable) runs some,
 * `--reasons` shows what each test said. Exit 1 when a test stays green.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readCommandLine } from "@statusplane/test-support";
import { AREAS } from "./list/index.ts";
import { mutate, sourceOf, type Mutant } from "./mutant.ts";
import { runTests, type TestOutcome } from "./run-tests.ts";
import { copySources } from "./source-copy.ts";

const USAGE = "npm run mutants -- [--only NAME]… [--reasons]";
const root = resolve(import.meta.dirname, "../..");
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());

interface Chosen {
  readonly mutants: readonly Mutant[];
  readonly reasons: boolean;
}

function chosen(): Chosen {
  const { values } = readCommandLine(USAGE, {
    options: { only: { type: "string", multiple: true }, reasons: { type: "boolean", default: false } },
  });
  const { reasons } = values;
  const all = AREAS.flatMap(({ mutants }) => mutants);
  const names = values.only;
  if (names === undefined) return { mutants: all, reasons };
  const unknown = names.filter((name) => !all.some((mutant) => mutant.name === name));
  if (unknown.length > 0) throw new Error(`no such mutant: ${unknown.join(", ")}`);
  return { mutants: all.filter(({ name }) => names.includes(name)), reasons };
}

/** Every named test with every guard in place. @returns what is not green. */
async function runUnmutated(mutants: readonly Mutant[], folder: string): Promise<string[]> {
  const titlesOf = new Map<string, Set<string>>();
  const problems: string[] = [];
  for (const { test } of mutants) {
    const titles = titlesOf.get(test.file);
    if (titles === undefined) titlesOf.set(test.file, new Set([test.title, test.stillGreen]));
    else titles.add(test.title).add(test.stillGreen);
  }
  for (const { test } of mutants) {
    const titles = titlesOf.get(test.file);
    if (titles === undefined) continue; // the file's tests have run
    titlesOf.delete(test.file);
    const outcomes = await runTests(test, [...titles], { folder, ended: ended.signal });
    for (const [title, outcome] of outcomes) {
      if (outcome.ended !== "passed") {
        problems.push(`${outcome.ended}: "${title}" in ${test.file} ${outcome.said}`);
      }
    }
  }
  return problems;
}

interface Verdict {
  readonly verdict: "red" | "STAYS GREEN" | "BROKEN";
  readonly said: string;
}

function verdictOf({ test }: Mutant, outcomes: ReadonlyMap<string, TestOutcome>): Verdict {
  const control = outcomes.get(test.stillGreen);
  if (control?.ended !== "passed") return { verdict: "BROKEN", said: control?.said ?? "" }; // more than the guard is gone
  const named = outcomes.get(test.title);
  return { verdict: named?.ended === "failed" ? "red" : "STAYS GREEN", said: named?.said ?? "" };
}

/** Runs one mutant's tests, and puts the source back. */
async function tryMutant(mutant: Mutant, folder: string): Promise<Verdict> {
  const path = join(folder, mutant.file);
  const source = sourceOf(folder, mutant);
  writeFileSync(path, mutate(source, mutant));
  try {
    const titles = [mutant.test.title, mutant.test.stillGreen];
    return verdictOf(mutant, await runTests(mutant.test, titles, { folder, ended: ended.signal }));
  } finally {
    writeFileSync(path, source);
  }
}

async function tryAll({ mutants, reasons }: Chosen, folder: string): Promise<number> {
  const width = Math.max(...mutants.map(({ name }) => name.length));
  let red = 0;
  for (const mutant of mutants) {
    const startedMs = performance.now();
    const { verdict, said } = await tryMutant(mutant, folder);
    if (verdict === "red") red += 1;
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5);
    console.log(`${mutant.name.padEnd(width)}  ${verdict.padEnd(11)}  ${seconds} s  ${mutant.test.title}`);
    if (reasons || verdict === "BROKEN") console.log(`    ${said}`);
  }
  return red;
}

async function main(): Promise<number> {
  const options = chosen();
  const { mutants } = options;
  for (const mutant of mutants) mutate(sourceOf(root, mutant), mutant); // before anything takes time
  const { folder, remove } = copySources(root);
  try {
    const problems = await runUnmutated(mutants, folder);
    if (problems.length > 0) {
      console.error(["With every guard in place these tests must pass:", ...problems].join("\n"));
      return 1;
    }
    const red = await tryAll(options, folder);
    console.log(`${red} of ${mutants.length} removed guards turned their test red`);
    return red === mutants.length ? 0 : 1;
  } finally {
    remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
