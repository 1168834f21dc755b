import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  browserEnvironment,
  createClient,
  type ClientOptions,
  type Socket,
  type StatusplaneClient,
} from "@statusplane/client";
import { encodeSnapshot, jobRef, type StatusStore, type WriteKind } from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import {
  eventually,
  startHttpBox,
  startProgram,
  startRedis,
  type BoxRule,
  type HttpBox,
  type RedisServer,
  type RunningProgram,
} from "@statusplane/test-support";
import { SignJWT } from "jose";
import { WebSocket } from "ws";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const JWT_SECRET = "end-to-end-secret-of-32-bytes-or-more";
const REF = jobRef("7", "job", "a");
/** As designed, ten times as fast. */
const timings = { openMs: 600, floorAfterMs: 200, returnAfterMs: 1_000, provenMs: 0 };
const isStream = (path: string): boolean => /^\/api\/v1\/(?:events|ws)\//.test(path);

/** A client that sees the server through a box. */
interface Behind {
  readonly client: StatusplaneClient;
  readonly box: HttpBox;
  /** Versions as its listener was told them. */
  readonly told: readonly number[];
}

/** The client and the real server, and between them what companies and providers put there. */
describe("a box on the way that", () => {
  let folder: string;
  let redis: RedisServer;
  let program: RunningProgram;
  let store: StatusStore;
  let token: string;
  let open: Behind[] = [];
  let version = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-boxes-"));
    redis = await startRedis();
    program = await startProgram({
      role: "progress",
      env: { REDIS_URL: redis.url, JWT_SECRET, DATA_DIR: folder },
    });
    store = await openRedisStatusStore({ url: redis.url });
    token = await new SignJWT({ tenant_id: "7" })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("alice")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(JWT_SECRET));
    await write("announce");
  });
  afterEach(async () => {
    for (const { client, box } of open) {
      client.close();
      await box.close();
    }
    open = [];
  });
  afterAll(async () => {
    await store?.close();
    await program?.stop();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function write(kind: WriteKind = "progress"): Promise<void> {
    version += 1;
    const text = encodeSnapshot({
      ...{ ref: REF, jobType: "report", title: null, attempt: 1, version },
      ...{ status: "PROCESSING", updatedAt: new Date().toISOString() },
      progress: { percent: version % 100, remainingSeconds: null, step: null },
    });
    await store.writer.write(kind, text);
  }

  async function watch(rule: BoxRule, options: Partial<ClientOptions> = {}): Promise<Behind> {
    const box = await startHttpBox({ port: Number(new URL(program.url).port), isStream });
    box.rule = rule;
    const told: number[] = [];
    const client = createClient({
      baseUrl: box.url,
      getToken: () => token,
      timings,
      environment: {
        ...browserEnvironment(),
        openSocket: (url, protocols) => {
          const socket = new WebSocket(url.replace("http", "ws"), [...protocols]);
          socket.on("error", () => undefined); // a browser's is told of its end alone
          return socket as unknown as Socket; // the same handlers
        },
      },
      onError: () => {},
      ...options,
    });
    client.watch(REF, (job) => told.push(job.version));
    const behind = { client, box, told };
    open.push(behind);
    return behind;
  }

  /** News comes as it should to each, who shows the last version and never an older one. */
  async function expectHeard(all: readonly Behind[], status: "live" | "polling"): Promise<void> {
    for (const { client } of all) {
      await eventually(`news comes: ${status}`, () => client.connectionStatus === status);
    }
    for (let n = 0; n < (status === "live" ? 3 : 1); n++) {
      await write();
      for (const { client } of all) {
        await eventually("the last version is shown", () => client.get(REF)?.version === version);
      }
    }
    for (const { told } of all) expect(told).toEqual(told.toSorted((a, b) => a - b));
  }

  it("lets everything pass is not noticed", async () => {
    await expectHeard([await watch({ kind: "pass" })], "live");
  });

  it("takes upgrades off, or swallows what follows them, leaves Server-Sent Events", async () => {
    const all = [await watch({ kind: "drop-upgrade" }), await watch({ kind: "swallow-frames" })];
    await expectHeard(all, "live");
    expect(all.map(({ box }) => box.struck >= 2)).toEqual([true, true]); // the handshake, then the events
  });

  it("holds bytes back, or answers itself, leaves the poll, until it lets streams pass", async () => {
    const page = "<html>sorry</html>";
    const all = [
      await watch({ kind: "hold", bytes: 65_536 }, { transport: "sse" }),
      await watch({ kind: "answer", status: 204 }),
    ];
    for (const status of [200, 429, 502, 503]) all.push(await watch({ kind: "answer", status, body: page }));
    await expectHeard(all, "polling");
    for (const { box } of all) box.rule = { kind: "pass" };
    await expectHeard(all, "live");
  });
});
