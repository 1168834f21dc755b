import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/prepare-start.js", import.meta.url));

it("npm start before npm ci says so in a line and ends with 2", async () => {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-prepare-"));
  try {
    await cp(SCRIPT, join(folder, "scripts/prepare-start.js"));
    const { status, stderr } = spawnSync(process.execPath, ["scripts/prepare-start.js"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stderr).toBe("The packages are not installed yet: run `npm ci` first.\n");
    expect(status).toBe(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
