import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually, startPostgres, startProgram, startRedis } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGES = ["core", "redis", "memory", "postgres", "worker", "server", "runtime", "client", "xlsx"];
/** The workspace itself stands on the newer ones. */
const OLD_DRIVERS = { bullmq: "5.81.5", ioredis: "5.11.1" };
const TEXT = "one two three\nfour\n\nfive six\n";
const RIGHT = { status: "DONE", result: { lines: 4, words: 6 } };

interface JobTypes {
  readonly job_types: readonly { readonly job_type: string; readonly label: { readonly ko: string } }[];
}

/** An empty project outside this repository, in which `examples/custom-job` is put beside the packed packages. */
describe("a stranger's project", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-stranger-"));
    const workspaces = PACKAGES.flatMap((name) => ["--workspace", `@statusplane/${name}`]);
    await run("npm", ["pack", "--pack-destination", folder, "--ignore-scripts", ...workspaces], {
      cwd: ROOT,
    });
    await cp(join(ROOT, "examples/custom-job"), folder, { recursive: true });
    const packed = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    expect(packed).toHaveLength(PACKAGES.length);
    // No script of any package runs: what strangers allow is theirs to say.
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
    const theirs = [
      ...Object.entries(OLD_DRIVERS).map(([name, version]) => `${name}@${version}`),
      "react@19",
    ];
    await run("npm", ["install", ...quiet, ...packed.map((name) => `./${name}`), ...theirs], { cwd: folder });
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("imports each package, the page's too", async () => {
    const entries = [
      ...["core", "core/wire", "core/status-store", "redis", "redis/bullmq", "memory", "postgres"],
      ...["worker", "server", "runtime", "client", "client/compat", "xlsx"],
    ].map((name) => `@statusplane/${name}`);
    const script = `for (const each of ${JSON.stringify(entries)}) console.log(each, Object.keys(await import(each)).length > 0);`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: folder,
    });
    expect(stdout.trimEnd().split("\n")).toEqual(entries.map((each) => `${each} true`));
  });

  it("runs its job on the embedded default", async () => {
    expect(await counted({})).toMatchObject(RIGHT);
  });

  it("and on Postgres and Redis beside older drivers of its own", async () => {
    for (const [name, version] of Object.entries(OLD_DRIVERS)) {
      const installed = await readFile(join(folder, "node_modules", name, "package.json"), "utf8");
      expect(JSON.parse(installed)).toMatchObject({ version });
    }
    const [postgres, status, queue] = await Promise.all([startPostgres(), startRedis(), startRedis()]);
    try {
      const env = { DATABASE_URL: postgres.url, REDIS_URL: status.url, QUEUE_URL: queue.url, DEMO: "1" };
      expect(await counted(env)).toMatchObject(RIGHT);
    } finally {
      await Promise.all([postgres.stop(), status.stop(), queue.stop()]);
    }
  });

  /** Starts the project's program, has it count the words of a text, and ends it. */
  async function counted(env: Readonly<Record<string, string>>): Promise<unknown> {
    const dataDir = await mkdtemp(join(folder, "data-"));
    const program = await startProgram({
      program: join(folder, "main.ts"),
      nodeArguments: ["--import", join(folder, "node_modules/tsx/dist/esm/index.mjs")],
      env: { DATA_DIR: dataDir, ...env },
    });
    try {
      const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
        fetch(program.url + path, init);
      const signIn = await ask("/api/v1/demo/sign-in/", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ tenant: "demo" }),
      });
      const { token } = (await signIn.json()) as { readonly token: string };
      const headers = { authorization: `Bearer ${token}` };
      const { job_types } = (await (await ask("/api/v1/job-types/", { headers })).json()) as JobTypes;
      expect(job_types).toMatchObject([{ job_type: "word_count", label: { ko: "단어 세기" } }]);
      const form = new FormData();
      form.set("job_type", "word_count");
      form.set("file", new Blob([TEXT]), "poem.txt");
      const submitted = await ask("/api/v1/jobs/", { method: "POST", headers, body: form });
      const { progress_url: progressUrl } = (await submitted.json()) as { readonly progress_url: string };
      return await eventually("the words are counted", async () => {
        const body = (await (await ask(progressUrl, { headers })).json()) as { readonly status: string };
        return ["PENDING", "PROCESSING"].includes(body.status) ? null : body;
      });
    } finally {
      expect(await program.stop()).toBe(0);
    }
  }
});
