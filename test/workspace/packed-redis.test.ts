import { startRedis } from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "statusplane-packed-"));
  for (const name of ["core", "redis"]) await install(name);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Packs what the build left, and unpacks it as npm would in a project outside the repository. */
async function install(name: string): Promise<void> {
  const tarballs = join(folder, "tarballs", name);
  const installed = join(folder, "node_modules/@statusplane", name);
  for (const each of [tarballs, installed]) await mkdir(each, { recursive: true });
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key)));
  const workspace = join(root, "packages", name);
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", tarballs], { cwd: workspace, env });
  const [tarball = ""] = await readdir(tarballs);
  await run("tar", ["-xzf", join(tarballs, tarball), "-C", installed, "--strip-components=1"]);
}

/** Runs a module in the project; without the conditions that would lead to the sources. */
async function runThere(text: string): Promise<string> {
  await writeFile(join(folder, "main.mjs"), text);
  const env = { PATH: process.env["PATH"] };
  return (await run(process.execPath, ["main.mjs"], { cwd: folder, env })).stdout.trim();
}

it("the packed Redis package says which driver is missing, and with it runs its scripts", async () => {
  const server = await startRedis();
  try {
    const imports = `
      import { openRedisStatusStore } from "@statusplane/redis";
      import { createBullmqQueue } from "@statusplane/redis/bullmq";
      const url = ${JSON.stringify(server.url)};`;
    const said = `${imports}
      const say = (error) => console.log(error.message);
      await openRedisStatusStore({ url }).catch(say);
      await createBullmqQueue({ url }).catch(say);`;
    expect((await runThere(said)).split("\n")).toEqual([
      expect.stringMatching(/^Redis needs .* npm install ioredis$/),
      expect.stringMatching(/^the BullMQ queue needs .* npm install bullmq$/),
    ]);

    for (const name of ["ioredis", "bullmq"]) {
      await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
    }
    const used = `${imports}
      import { jobRef } from "@statusplane/core";
      const store = await openRedisStatusStore({ url });
      const queue = await createBullmqQueue({ url });
      const sentinel = { tick: 3, tickedAtMs: 4 };
      const read = await store.installation.readSentinels();
      console.log(await store.installation.writeSentinels(sentinel, read));
      console.log(await queue.sentinel.writeSentinels(sentinel, await queue.sentinel.readSentinels()));
      console.log(await store.writer.requestCancel(jobRef("7", "job", "none"), 1));
      await Promise.all([store.close(), queue.close()]);`;
    expect((await runThere(used)).split("\n")).toEqual(["true", "true", "false"]);
  } finally {
    await server.stop();
  }
});
