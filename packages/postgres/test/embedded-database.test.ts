import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { jobRef } from "@statusplane/core";
import { openEmbeddedDatabase } from "@statusplane/postgres";
import { afterEach, beforeEach, expect, it } from "vitest";
import { socketFolder } from "../src/socket-folder.ts";

let dataDir: string;
beforeEach(async () => {
  // as long as a socket's path may not be
  dataDir = join(await mkdtemp(join(tmpdir(), "statusplane-")), "자료".repeat(20));
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

/** Who may do what with the folder, the database in it, its sockets' folder and the socket. */
async function modes(): Promise<readonly string[]> {
  const sockets = await socketFolder(dataDir);
  const paths = [dataDir, join(dataDir, "postgres"), sockets, join(sockets, ".s.PGSQL.5432")];
  return Promise.all(paths.map(async (path) => ((await stat(path)).mode & 0o777).toString(8)));
}

it("closes so that the next start finds everything, takes transactions while others wait, and is its owner's alone", async () => {
  const umask = process.umask(0); // the system's own care is not what is tested
  const ref = jobRef("7", "video", "42");
  const database = await openEmbeddedDatabase({ dataDir });
  const job = { ref, jobType: "render", title: null, payload: {}, createdBy: null, maxTries: 3 };
  const [outcome] = await Promise.all([
    database.transaction("work", async ({ query }) => {
      await query({ text: "CREATE TABLE note (text text)" });
      await query({ text: "INSERT INTO note VALUES ('kept')" });
      return "committed";
    }),
    database.requests.submit(job),
  ]);
  expect(outcome).toBe("committed");
  expect(await modes()).toEqual(["700", "700", "700", "600"]);
  await database.close();
  await database.close();
  await expect(database.requests.find(ref)).rejects.toMatchObject({ code: "database_unavailable" });

  await chmod(join(dataDir, "postgres"), 0o755); // as an earlier version or a copy left it
  await using again = await openEmbeddedDatabase({ dataDir });
  process.umask(umask);
  expect(await modes()).toEqual(["700", "700", "700", "600"]);
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
