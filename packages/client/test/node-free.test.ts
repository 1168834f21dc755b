import { root, typeCheck } from "@statusplane/test-support";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const planted = 'export const pid: number = process.pid;\nexport { readFile } from "node:fs";\n';

/** Type-checks client and core from source, with no types but the browser's, and one file beside them. */
async function typeCheckWith(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-node-free-"));
  try {
    await writeFile(join(folder, "planted.mts"), source);
    const config = {
      extends: join(root, "packages/client/tsconfig.json"),
      compilerOptions: {
        composite: false,
        incremental: false,
        tsBuildInfoFile: null,
        noEmit: true,
        rootDir: "/",
        allowImportingTsExtensions: true,
        rewriteRelativeImportExtensions: false,
        types: [],
      },
      references: [],
      include: [join(root, "packages/client/src"), "planted.mts"],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    return await typeCheck(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

it("needs no Node types anywhere in its import graph, and would be caught if it did", async () => {
  expect(await typeCheckWith("export {};\n")).toBe("");
  const complaints = (await typeCheckWith(planted)).trim().split("\n");
  expect(complaints.map((line) => /planted\.mts\(\d+.*error (TS\d+)/.exec(line)?.[1])).toEqual([
    "TS2591",
    "TS2591",
  ]);
});
