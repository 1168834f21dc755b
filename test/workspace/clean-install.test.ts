import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "statusplane-install-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Whatever called the tests must not decide for npm: neither its settings nor its log level. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

it("npm ci in a fresh clone warns of nothing on this Node", async () => {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly link?: boolean }>>;
  };
  const workspaces = Object.keys(lock.packages).filter((path) => !path.includes("node_modules"));
  for (const path of [
    ...workspaces.map((each) => join(each, "package.json")),
    "package-lock.json",
    ".npmrc",
  ]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(join(root, path), join(folder, path));
  }
  const { stdout, stderr } = await run("npm", ["ci", "--dry-run"], { cwd: folder, env });
  expect(stdout).toMatch(/added \d{3} packages/);
  expect(stderr).toBe("");
});
