import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function lint(folder: string): { status: number | null; output: string } {
  const script = join(root, "scripts/check-imports.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, folder], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

/** A small tree of the same layout with one more line in one file. */
function plant(path: string, line: string): string {
  const folder = mkdtempSync(join(tmpdir(), "statusplane-imports-"));
  folders.push(folder);
  const files: Record<string, string> = {
    "packages/core/package.json": "{}",
    "packages/core/src/keys.ts": "export const key = `tenant:`;",
    "packages/client/package.json": '{"dependencies":{"@statusplane/core":"*"}}',
    "packages/client/src/index.ts": 'import { key } from "@statusplane/core"; export { key };',
    "packages/server/package.json": '{"dependencies":{"pg":"*"}}',
    "packages/server/src/progress/routes.ts": 'import { shared } from "../shared.ts"; export { shared };',
    "packages/server/src/shared.ts": "export const shared = 1;",
    "apps/web/package.json": "{}",
    "apps/web/src/main.ts": 'import "@statusplane/client";',
  };
  files[path] = `${files[path] ?? ""}\n${line}\n`;
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe("the import rule", () => {
  it("holds in this repository", () => {
    const { status, output } = lint(root);
    expect(output).toMatch(/^\d{2,} files checked, 0 violations$/m);
    expect(status).toBe(0);
  });

  it("is kept by the small tree before anything is planted", () => {
    expect(lint(plant("packages/client/src/index.ts", "")).status).toBe(0);
  });

  it.each([
    ["a sibling package", "packages/client/src/index.ts", 'import "@statusplane/server";'],
    ["anything in core", "packages/core/src/keys.ts", 'import "@statusplane/client";'],
    ["Node in the client", "packages/client/src/index.ts", 'import "node:fs";'],
    ["Node in the page", "apps/web/src/main.ts", 'export { readFile } from "fs/promises";'],
    ["core in the page", "apps/web/src/main.ts", 'import "@statusplane/core";'],
    ["an undeclared package", "packages/server/src/shared.ts", 'void import("left-pad");'],
    ["a file of another package", "packages/client/src/index.ts", 'import "../../server/src/shared.ts";'],
    ["the database on the read path", "packages/server/src/shared.ts", 'import pg from "pg"; void pg;'],
    [
      "records on the read path",
      "packages/server/src/progress/routes.ts",
      'import type { RequestRecords } from "@statusplane/core"; export type R = RequestRecords;',
    ],
    [
      "a key template",
      "packages/client/src/index.ts",
      "export const mine = (t: string) => `tenant:${t}:video`;",
    ],
  ])("refuses %s", (_, path, line) => {
    const { status, output } = lint(plant(path, line));
    expect(status, output).toBe(1);
    expect(output).toContain(path);
  });
});
