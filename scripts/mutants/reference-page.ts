import type { Area, Mutant } from "./mutant.ts";

/** The page that lists every mutant: `docs/reference/mutants.md`. */
export function mutantsPage(areas: readonly Area[]): string {
  const count = areas.reduce((sum, { mutants }) => sum + mutants.length, 0);
  return `# What the tests must notice

Generated from \`scripts/mutants/list/\` by \`npm run docs\`.

A suite that stays green without a guard of the product proves nothing about it. \`npm run mutants\` takes ${count} guards
away, one at a time, in a copy of the sources, and runs the test that is named beside each: it must turn red, while another
test that goes through the same code stays green (else the change would just have broken the program). First all of these
tests run with every guard in place, and must be green. \`npm run mutants -- --only NAME\` runs one. The exact change of
each stands in the list; a change that the sources no longer have is an error.
${areas.map(section).join("")}`;
}

function section({ title, mutants }: Area): string {
  return `
## ${title}

| taken away | what goes wrong | in | turns red |
|---|---|---|---|
${mutants.map(row).join("\n")}
`;
}

function row({ name, why, file, test }: Mutant): string {
  return `| \`${name}\` | ${why.replaceAll("|", "\\|")} | \`${file}\` | "${test.title}" in \`${test.file}\` |`;
}
