import type { JobProgressBody, ProblemBody, VideoProgressBody } from "@statusplane/core/wire";
import { eventually, withClient, withRedis } from "@statusplane/test-support";
import { openAsBlob } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTcpProxy, type TcpProxy } from "../../drills/src/network/tcp-proxy.ts";
import type { Answer, Api, SubmittedBody } from "./support/api.ts";
import { API_ROLE, Deployment, WORKER_ROLE } from "./support/deployment.ts";
import { makeVideo, makeWorkbook } from "./support/inputs.ts";

/** Repairs in seconds, but the product's own lease: nothing here may be mended by the end of one. */
const TIMINGS = JSON.stringify({
  tickMs: 500,
  settleMs: 2_000,
  reconcilerLeaseMs: 2_000,
  beatStaleMs: 1_500,
});

interface Row {
  readonly status: string;
  readonly attempt: number;
  readonly tries: number;
  readonly tries_lost: number;
  readonly finished_at: Date | null;
}
const ONCE = { attempt: 1, tries: 1, tries_lost: 0 };

/** A network that breaks between real processes and real stores. */
describe("a network that breaks", () => {
  let deployment: Deployment;
  let links: {
    readonly apiToPostgres: TcpProxy;
    readonly workerToPostgres: TcpProxy;
    readonly queue: TcpProxy;
  };
  let api: Api;

  beforeAll(async () => {
    deployment = await Deployment.open();
    const { postgres, queueRedis } = deployment;
    const proxyTo = (port: number): Promise<TcpProxy> =>
      startTcpProxy({ targets: [{ host: "127.0.0.1", port }] });
    links = {
      apiToPostgres: await proxyTo(postgres.port),
      workerToPostgres: await proxyTo(postgres.port),
      queue: await proxyTo(queueRedis.port),
    };
    const { apiToPostgres, workerToPostgres, queue } = links;
    const databaseUrl = (role: string, { port }: TcpProxy): string =>
      `postgres://${role}@127.0.0.1:${port}/statusplane`;
    const shared = { TIMINGS, QUEUE_URL: `redis://127.0.0.1:${queue.port}` };
    const apiProcess = await deployment.start("api", {
      ...shared,
      DATABASE_URL: databaseUrl(API_ROLE, apiToPostgres),
    });
    await deployment.start("worker", { ...shared, DATABASE_URL: databaseUrl(WORKER_ROLE, workerToPostgres) });
    api = await deployment.api(apiProcess, "7");
  });
  afterAll(async () => {
    await deployment?.close();
    await Promise.all(Object.values(links ?? {}).map((proxy) => proxy.close()));
  });

  it("answers a submit 503 while Postgres is away, half-makes nothing, and polling does not notice", async () => {
    const before = await api.submitImport(await makeWorkbook(deployment.folder, { rows: 5 }));
    await api.ended<JobProgressBody>(before);
    const keysBefore = await statusKeys();
    links.apiToPostgres.refuse();
    links.apiToPostgres.cut();
    const workbook = await makeWorkbook(deployment.folder, { rows: 5, from: 11 });
    const refused = await submit<ProblemBody>(workbook);
    expect(`${refused.status} ${refused.body.code}`).toBe("503 database_unavailable");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await api.call(before.progress_url)).status).toBe(200);
    expect(await statusKeys()).toEqual(keysBefore);
    expect(await rowsOf("SELECT FROM statusplane.job")).toHaveLength(1);
    expect(await rowsOf("SELECT FROM statusplane.idempotency")).toHaveLength(0);
    expect(await deliveries()).toEqual([]);
    links.apiToPostgres.heal();
    const accepted = await submit<SubmittedBody>(workbook);
    expect(accepted.status).toBe(202);
    expect((await submit<SubmittedBody>(workbook)).body.job_id).toBe(accepted.body.job_id);
    expect((await api.ended<JobProgressBody>(accepted.body)).status).toBe("DONE");
    expect(await rowsOf("SELECT FROM statusplane.job")).toHaveLength(2);
  });

  it("gives a delivery back whose claim had no answer, without a try", async () => {
    links.workerToPostgres.refuse();
    links.workerToPostgres.cut();
    const submitted = await api.submitImport(await makeWorkbook(deployment.folder, { rows: 5, from: 21 }));
    await eventually("the delivery is delayed", async () => {
      const [delivery] = await deliveries("delayed");
      return delivery?.includes(String(submitted.job_id)) ?? false;
    });
    expect(await rowOf(submitted)).toMatchObject({ status: "PENDING", attempt: 1, tries: 0 });
    links.workerToPostgres.heal();
    expect(await api.ended<JobProgressBody>(submitted)).toMatchObject({ status: "DONE", attempt: 1 });
    expect(await rowOf(submitted)).toMatchObject(ONCE);
  });

  it("hands back at once what a claim took whose answer was lost", async () => {
    links.workerToPostgres.dropReplies("\0claim\0");
    const submitted = await api.submitImport(await makeWorkbook(deployment.folder, { rows: 5, from: 31 }));
    await eventually("the claim is committed", async () => (await rowOf(submitted)).status === "PROCESSING");
    links.workerToPostgres.cut();
    links.workerToPostgres.heal();
    expect(await api.ended<JobProgressBody>(submitted)).toMatchObject({ status: "DONE", attempt: 2 });
    expect(await rowOf(submitted)).toMatchObject({ attempt: 2, tries: 1, tries_lost: 0 });
  });

  it("keeps a result while Postgres is away and records it when Postgres returns", async () => {
    const submitted = await submitVideo();
    await reached("encode", submitted);
    links.workerToPostgres.refuse();
    links.workerToPostgres.cut();
    await reached("publish", submitted);
    const { struck } = links.workerToPostgres;
    await eventually("its end was tried in vain", () => links.workerToPostgres.struck > struck, 60_000);
    expect(await rowOf(submitted)).toMatchObject({ status: "PROCESSING", attempt: 1 });
    expect((await api.call<VideoProgressBody>(submitted.progress_url)).body.status).toBe("PROCESSING");
    links.workerToPostgres.heal();
    expect(await api.ended<VideoProgressBody>(submitted)).toMatchObject({ status: "READY", attempt: 1 });
    expect(await rowOf(submitted)).toMatchObject(ONCE);
  });

  it("records an end once whose statement was executed but never answered", async () => {
    const submitted = await submitVideo();
    await reached("encode", submitted);
    const { struck } = links.workerToPostgres;
    links.workerToPostgres.dropReplies("\0finish\0"); // everything before it is answered, however long the encoding takes
    const committed = await eventually(
      "the end is committed",
      async () => {
        const row = await rowOf(submitted);
        return row.status === "READY" ? row : null;
      },
      60_000,
    );
    await eventually("its answer was swallowed", () => links.workerToPostgres.struck > struck);
    expect(await deliveries("active")).toHaveLength(1); // the worker does not know yet
    links.workerToPostgres.heal();
    await eventually("the worker knows", async () => (await deliveries("active")).length === 0);
    expect(await rowOf(submitted)).toEqual(committed);
    expect(committed).toMatchObject(ONCE);
    expect(await api.ended<VideoProgressBody>(submitted)).toMatchObject({ status: "READY", attempt: 1 });
    const folders = await readdir(join(deployment.folder, "data/outputs/video/7", String(submitted.id)));
    expect(folders).toEqual(["1"]);
  });

  it("gives up connections to the queue that fell silent", async () => {
    links.queue.abandon();
    const submitted = await api.submitImport(await makeWorkbook(deployment.folder, { rows: 5, from: 31 }));
    const ended = await api.ended<JobProgressBody>(submitted, 60_000);
    expect(ended).toMatchObject({ status: "DONE", attempt: 1 });
  });

  async function submit<Body>(workbook: string): Promise<Answer<Body>> {
    const form = new FormData();
    form.set("job_type", "excel_import");
    form.set("file", await openAsBlob(workbook), "students.xlsx");
    return api.call<Body>("/api/v1/jobs/", { form, headers: { "idempotency-key": "once" } });
  }

  async function submitVideo(): Promise<SubmittedBody> {
    return api.submitVideo(await makeVideo(deployment.folder, { seconds: 4, size: "640x360" }));
  }

  async function reached(step: string, submitted: SubmittedBody): Promise<void> {
    await eventually(
      `the step ${step} has begun`,
      async () => (await api.videoProgress(submitted.id ?? "")).body.encoding_step_key === step,
      60_000,
    );
  }

  function rowsOf(text: string, values: readonly unknown[] = []): Promise<readonly unknown[]> {
    return withClient(deployment.databaseUrl, async (client) => (await client.query(text, [...values])).rows);
  }

  async function rowOf({ id, job_id }: SubmittedBody): Promise<Row> {
    const [row] = await rowsOf(
      "SELECT status, attempt, tries, tries_lost, finished_at FROM statusplane.job WHERE id = $1",
      [String(id ?? job_id)],
    );
    return row as Row; // of the columns named above
  }

  /** Of the tenants' data. */
  function statusKeys(): Promise<string[]> {
    return withRedis(deployment.statusRedis.url, async (redis) => (await redis.keys("tenant:*")).sort());
  }

  /** What BullMQ keeps: deliveries that wait for their time, those that a worker has, or all but the latter. */
  async function deliveries(where: "delayed" | "active" | "all" = "all"): Promise<string[]> {
    return withRedis(deployment.queueRedis.url, async (redis) => {
      const key = (type: string, list: string): string => `statusplane:queue:${type}:${list}`;
      const found = await Promise.all(
        ["excel_import", "video_hls"].map(async (type) => {
          if (where === "active") return redis.lrange(key(type, "active"), 0, -1);
          const delayed = await redis.zrange(key(type, "delayed"), 0, "-1");
          return where === "delayed"
            ? delayed
            : [...delayed, ...(await redis.lrange(key(type, "wait"), 0, -1))];
        }),
      );
      return found.flat();
    });
  }
});
