import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FolderLockedError } from "@statusplane/postgres";
import { lockFolder, type FolderLock } from "../src/folder-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "statusplane-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A process that listens as a lock's holder does and says nothing. */
async function listener(name: string): Promise<ReturnType<typeof spawn>> {
  const code = `require("node:net").createServer(() => {}).listen(process.argv[1], () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", code, join(folder, name)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout !== null) await once(child.stdout, "data");
  return child;
}

async function end(child: ReturnType<typeof spawn>, signal: "SIGKILL"): Promise<void> {
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

it("refuses a folder that is in use, naming folder and process, until it is released", async () => {
  const lock = await lockFolder(folder);
  const refused = lockFolder(folder, "/data");
  await expect(refused).rejects.toThrow(FolderLockedError);
  await expect(refused).rejects.toThrow(new RegExp(`/data is in use by process ${process.pid}`));
  await lock.release();
  await lock.release();
  const next = await lockFolder(folder);
  await next.release();
  expect(await readdir(folder)).toEqual([]);
});

it("gives a folder to exactly one of thirty who come at once", async () => {
  const tried = await Promise.allSettled(Array.from({ length: 30 }, () => lockFolder(folder)));
  const locks = tried.flatMap((one): FolderLock[] => (one.status === "fulfilled" ? [one.value] : []));
  expect(locks).toHaveLength(1);
  await expect(lockFolder(folder)).rejects.toThrow(FolderLockedError);
  await Promise.all(locks.map((lock) => lock.release()));
});

it("takes over what a killed process has left, and removes it", async () => {
  const name = "lock-1-0123abcd.sock";
  await end(await listener(name), "SIGKILL");
  expect(await readdir(folder)).toEqual([name]);
  const lock = await lockFolder(folder);
  expect(await readdir(folder)).not.toContain(name);
  await lock.release();
});

it("believes a process that is there but does not answer", async () => {
  const child = await listener("lock-77-0123abcd.sock");
  child.kill("SIGSTOP");
  await expect(lockFolder(folder)).rejects.toMatchObject({ pid: 77 });
  await end(child, "SIGKILL");
});
