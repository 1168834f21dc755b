import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { jobRef } from "@statusplane/core";
import { openEmbeddedDatabase } from "@statusplane/db";
import { afterEach, beforeEach, expect, it } from "vitest";

let dataDir: string;
beforeEach(async () => {
  // as long as a socket's path may not be
  dataDir = join(await mkdtemp(join(tmpdir(), "statusplane-")), "강의".repeat(20));
});
afterEach(() => rm(join(dataDir, ".."), { recursive: true }));

/** Runs the program that submits until it is killed. */
function startSubmitting(): {
  readonly pid: number;
  acknowledged(count: number): Promise<string[]>;
  kill(): Promise<void>;
} {
  const program = fileURLToPath(new URL("submit-until-killed.ts", import.meta.url));
  const args = ["--conditions=statusplane-source", "--import", "tsx", program, dataDir];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ids: string[] = [];
  const lines = createInterface({ input: child.stdout }).on("line", (id) => ids.push(id));
  return {
    pid: child.pid ?? 0,
    async acknowledged(count) {
      while (ids.length < count) await once(lines, "line");
      return ids;
    },
    async kill() {
      const gone = once(child, "close");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

it("keeps what was acknowledged over a kill -9, refuses a second process before, and ends all leases after", async () => {
  const program = startSubmitting();
  await program.acknowledged(1);
  await expect(openEmbeddedDatabase({ dataDir })).rejects.toMatchObject({
    name: "FolderLockedError",
    pid: program.pid,
  });
  const ids = await program.acknowledged(50);
  await program.kill();

  await using database = await openEmbeddedDatabase({ dataDir });
  for (const id of ids) {
    expect(await database.requests.find(jobRef("7", "job", id)), id).toMatchObject({ status: "PROCESSING" });
  }
  const tick = await database.reconciler.tick({ owner: "next", leaseMs: 1_000, takeLimit: 0, takeMs: 0 });
  expect(tick).toMatchObject({ leading: true, tick: 2 });
  const swept = await database.reconciler.sweep(10_000);
  expect(swept.length).toBeGreaterThanOrEqual(ids.length);
  expect(swept.every(({ record }) => record.status === "PENDING" && record.attempt === 2)).toBe(true);
}, 120_000);

it("closes so that the next start finds everything, and takes transactions while others wait", async () => {
  const ref = jobRef("7", "video", "42");
  const database = await openEmbeddedDatabase({ dataDir });
  const job = { ref, jobType: "video_hls", title: null, payload: {}, createdBy: null, maxTries: 3 };
  const [outcome] = await Promise.all([
    database.transaction("work", async ({ query }) => {
      await query({ text: "CREATE TABLE note (text text)" });
      await query({ text: "INSERT INTO note VALUES ('kept')" });
      return "committed";
    }),
    database.requests.submit(job),
  ]);
  expect(outcome).toBe("committed");
  await database.close();
  await database.close();
  await expect(database.requests.find(ref)).rejects.toMatchObject({ code: "database_unavailable" });

  await using again = await openEmbeddedDatabase({ dataDir });
  expect(await again.requests.find(ref)).toMatchObject({ status: "PENDING" });
  expect((await again.query("people", { text: "SELECT text FROM note" })).rows).toEqual([{ text: "kept" }]);
}, 120_000);

it("names the packages where they are not installed", async () => {
  const folder = join(dataDir, "..");
  const thread = join(folder, "pglite-thread.mjs");
  await copyFile(new URL("../embedded/pglite-thread.js", import.meta.url), thread);
  const worker = new Worker(thread, { workerData: { folder, socketPath: join(folder, "s") } });
  const [error] = (await once(worker, "error")) as [Error];
  expect(error.message).toContain("npm install @electric-sql/pglite @electric-sql/pglite-socket");
  expect(await readdir(folder)).toEqual(["pglite-thread.mjs"]);
});
