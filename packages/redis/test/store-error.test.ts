import { StatusplaneError, type StatusStore } from "@statusplane/core";
import { freshRef, PATIENT, pending } from "@statusplane/core/testing/status-store";
import { eventually, startRedis, withRedis, type RedisServer } from "@statusplane/test-support";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedisStatusStore } from "../src/index.ts";
import { isDataError } from "../src/status-store/store-error.ts";

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError" });
}

describe("an error reply", () => {
  it.each([
    "READONLY You can't write against a read only replica. script: 1f2e, on @user_script:96.",
    "ERR Error running script (call to f_1f2e): @user_script:96: -READONLY You can't write against a read only replica.",
    "ERR Error running script (call to f_1f2e): @user_script:96: OOM command not allowed when used memory > 'maxmemory'.",
    "CLUSTERDOWN The cluster is down",
    "MOVED 3999 127.0.0.1:6381",
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "NOREPLICAS Not enough good replicas to write.",
  ])("of a server that cannot serve now is none of the data: %s", (message) => {
    expect(isDataError(reply(message))).toBe(false);
  });

  it.each([
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "REFUSED a progress write cannot carry READONLY",
    "ERR Error running script (call to f_1f2e): @user_script:9: attempt to index a nil value, READONLY",
  ])("of the data stays one: %s", (message) => {
    expect(isDataError(reply(message))).toBe(true);
  });
});

describe("a master that was demoted", () => {
  let server: RedisServer;
  let other: RedisServer;
  let store: StatusStore;
  beforeAll(async () => {
    [server, other] = await Promise.all([startRedis(), startRedis()]);
  });
  beforeEach(async () => {
    store = await openRedisStatusStore({ url: server.url, timings: PATIENT });
  });
  afterEach(() => store.close());
  afterAll(() => Promise.all([server, other].map((one) => one.stop())));

  it("answers store_unavailable to every write, and is served again when it is a master", async () => {
    const { writer } = store;
    const ref = freshRef();
    await writer.write("announce", pending(ref));
    await withRedis(server.url, (raw) => raw.replicaof("127.0.0.1", other.port));
    await withRedis(server.url, (raw) =>
      eventually("it follows", async () => /^master_link_status:up/m.test(await raw.info("replication"))),
    );
    const writes = [
      () => writer.write("announce", pending(ref, 2)),
      () => writer.touchActive([ref]),
      () => store.installation.beat("me"),
      () => store.installation.writeSentinels({ tick: 1, tickedAtMs: 1 }, [null]),
    ];
    for (const write of writes) {
      const error: unknown = await write().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StatusplaneError);
      expect(error).toMatchObject({ code: "store_unavailable" });
    }
    await withRedis(server.url, (raw) => raw.replicaof("NO", "ONE"));
    const again = await eventually("it is written again", () => writer.write("announce", pending(ref, 3)));
    expect(again.answer).toMatch(/^(accepted|duplicate)$/);
  });
});
