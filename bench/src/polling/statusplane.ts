import { join } from "node:path";
import { DEFAULT_TIMINGS } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { withClient, type RunningProgram } from "@statusplane/test-support";
import { Deployment } from "../../../test/end-to-end/support/deployment.ts";
import { makeVideo, makeWorkbook } from "../../../test/end-to-end/support/inputs.ts";
import { processCpuSeconds } from "../postgres-cpu.ts";
import { ContinuousWork } from "./continuous-work.ts";
import { pollEverySecond } from "./poll-every-second.ts";
import { watchByPush } from "./watch-by-push.ts";
import { PostgresMeter } from "./postgres-meter.ts";

const TENANT = "7";
const VIDEO = { seconds: 120, size: "1280x720" };
const WORKBOOK = { rows: 100_000 };
/** The bench's own looks wait for a machine that is busy with the work; the product's do not. */
const PATIENCE_MS = 10_000;

/** The product as it is deployed: Postgres, two Redis servers, a process of role api and one of role worker. */
export interface Statusplane {
  readonly meter: PostgresMeter;
  startProcesses(): Promise<void>;
  /** Resolves when 3 videos and 2 imports are in progress; they stay so. */
  startWork(): Promise<void>;
  report: ContinuousWork["report"];
  /** @returns how many polls were answered. */
  watch(watchers: number, milliseconds: number): Promise<number>;
  /** As many watchers, half by WebSocket and half by SSE. @returns how many snapshots they were told. */
  push(watchers: number, milliseconds: number): Promise<number>;
  watchingStatements(): Promise<number>;
  /** CPU of the api process so far, s; 0 before it is started. */
  apiCpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

/** Makes inputs and servers; no process of ours is connected before {@link Statusplane.startProcesses}. */
export async function openStatusplane(): Promise<Statusplane> {
  const deployment = await Deployment.open();
  await withClient(deployment.postgres.url, (client) => client.query("CREATE EXTENSION pg_stat_statements"));
  const store = await openRedisStatusStore({
    url: deployment.statusRedis.url,
    timings: { ...DEFAULT_TIMINGS, requestDeadlineMs: PATIENCE_MS },
  });
  let api: RunningProgram | null = null;
  const started = (): RunningProgram => {
    if (api === null) throw new Error("the processes are not started");
    return api;
  };
  const work = new ContinuousWork({
    tenant: TENANT,
    videoPath: await makeVideo(deployment.folder, VIDEO),
    workbookPath: await makeWorkbook(deployment.folder, WORKBOOK),
    api: () => deployment.api(started(), TENANT),
    reader: store.reader,
    dataFolder: join(deployment.folder, "data"),
  });
  return {
    meter: new PostgresMeter(deployment.postgres),
    async startProcesses() {
      api = await deployment.start("api", { RATE_LIMIT_PER_MINUTE: "1000000" });
      // One tenant never has all places of a type.
      await deployment.start("worker", { WORKER_CONCURRENCY: "video_hls=4,*=3" });
    },
    startWork: () => work.start(),
    report: () => work.report(),
    async watch(watchers, milliseconds) {
      const { url } = started();
      const headers = { authorization: `Bearer ${await deployment.token(TENANT)}` };
      const urlOf = (job: number): string => url + work.urlOf(job);
      const answers = await pollEverySecond({ watchers, jobs: work.jobs, urlOf, headers, milliseconds });
      work.check();
      return answers;
    },
    async push(watchers, milliseconds) {
      const options = { watchers, url: started().url, token: await deployment.token(TENANT), milliseconds };
      const snapshots = await watchByPush(options);
      work.check();
      return snapshots;
    },
    apiCpuSeconds: () => (api === null ? Promise.resolve(0) : processCpuSeconds(api.pid)),
    async watchingStatements() {
      const metrics = await (await fetch(`${started().url}/metrics`)).text();
      const found = /^statusplane_statements_total\{cause="watching"\} (\d+)$/m.exec(metrics);
      return Number(found?.[1] ?? Number.NaN);
    },
    async close() {
      work.stop();
      await store.close();
      await deployment.close();
    },
  };
}
