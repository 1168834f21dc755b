import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const FOLDERS = ["react", "compat"].map((name) => fileURLToPath(new URL(`../src/${name}/`, import.meta.url)));

it("says of every file with a hook or a context that it runs in the browser, for frameworks that render on a server", () => {
  const files = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => folder + name));
  const missing = files.filter((path) => {
    const text = readFileSync(path, "utf8");
    return /\b(?:use[A-Z]\w*|createContext)\(/.test(text) && !text.startsWith('"use client";\n');
  });
  expect(missing.map((path) => path.split("/src/")[1])).toEqual([]);
  expect(files.length).toBeGreaterThan(10);
});
