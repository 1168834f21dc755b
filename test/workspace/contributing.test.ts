import { root } from "@statusplane/test-support";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
}

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = (folder: string): Manifest => JSON.parse(read(join(folder, "package.json"))) as Manifest;
const pages = ["CONTRIBUTING.md", "README.md", "README.ko.md", "test/README.md"].concat(
  readdirSync(join(root, "docs/guides")).map((name) => `docs/guides/${name}`),
);

describe("what whoever carries on is told", () => {
  it.each(pages)("%s names no command that there is not", (page) => {
    const named = [...read(page).matchAll(/\bnpm run ([a-z:-]+)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => manifest("").scripts[name] === undefined)).toEqual([]);
  });

  it("CONTRIBUTING.md names no file that there is not", () => {
    const text = read("CONTRIBUTING.md");
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) => link);
    const paths = [...text.matchAll(/`((?:packages|apps|scripts|docs|test|drills|clients)\/[^\s`…]+)`/g)];
    const named = [...links, ...paths.map(([, path = ""]) => path)].filter((path) => !path.includes("NN-"));
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("every package runs on the Node of .nvmrc, and on the same ones", () => {
    const { node } = manifest("").engines;
    expect(node).toMatch(new RegExp(`^\\^${read(".nvmrc").trim()}\\.`));
    const packages = readdirSync(join(root, "packages"));
    expect(packages.filter((name) => manifest(`packages/${name}`).engines.node !== node)).toEqual([]);
  });

  it("editors break lines where prettier does", () => {
    const { printWidth } = JSON.parse(read(".prettierrc.json")) as { readonly printWidth: number };
    expect(read(".editorconfig")).toContain(`max_line_length = ${printWidth}\n`);
  });
});
