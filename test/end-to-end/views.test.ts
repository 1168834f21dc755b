import { DEFAULT_POLICY, type ReportsAnswerBody, type ViewBody } from "@statusplane/core/wire";
import { eventually, withClient, withRedis, type RunningProgram } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Api } from "./support/api.ts";
import { API_ROLE, Deployment, WORKER_ROLE } from "./support/deployment.ts";
import { isHousekeeping, StatementMark } from "./support/statements.ts";

/** Flushes in moments instead of half minutes. */
const TIMINGS = JSON.stringify({ requestDeadlineMs: 10_000, viewFlushMs: 500, tickMs: 500 });
const TENANT = "7";

/** Real Postgres and Redis, two api processes and one that serves progress alone. */
describe("what is watched", () => {
  let deployment: Deployment;
  let apis: readonly [RunningProgram, RunningProgram];
  let progress: RunningProgram;

  beforeAll(async () => {
    deployment = await Deployment.open();
    const env = { DEMO: "0", TIMINGS, VIEW_LOG: "1", SUBJECT_CLAIM: "student_no,sub" };
    apis = [await deployment.start("api", env), await deployment.start("api", env)];
    progress = await deployment.start("progress", { DEMO: "0", TIMINGS });
    // a video as another program's worker leaves it
    await withRedis(deployment.statusRedis.url, async (redis) => {
      const text = JSON.stringify({ status: "READY", hls_path: "x", duration: 100 });
      await redis.set(`tenant:${TENANT}:video:42:status`, text);
    });
  });
  afterAll(() => deployment?.close());

  const of = async (program: RunningProgram, viewer: string, claims = {}): Promise<Api> =>
    new Api(program.url, await deployment.token(TENANT, { sub: viewer, ...claims }));
  const state = async (api: Api): Promise<ViewBody> => (await api.call<ViewBody>("/api/v1/views/42/")).body;
  const report = (api: Api, from: number, to: number) =>
    api.call<ReportsAnswerBody>("/api/v1/views/", {
      json: { reports: [{ video: "42", player: "p1", ranges: [[from, to]], position: to }] },
    });
  const rowOf = (viewer: string) =>
    withClient(deployment.databaseUrl, async (client) => {
      const text = `SELECT watched_seconds, attended_at FROM statusplane.view WHERE viewer = $1`;
      return (await client.query(text, [viewer])).rows[0] as
        { watched_seconds: number; attended_at: Date | null } | undefined;
    });

  it("costs no statement to report, to resume and to see live, on every process", async () => {
    const mine = await Promise.all([...apis, progress].map((program) => of(program, "alice")));
    const [first, second, third] = mine;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three");
    const manager = await of(apis[1], "teacher");
    await state(first);
    const mark = await StatementMark.set(deployment.databaseUrl, [API_ROLE, WORKER_ROLE]);
    for (let at = 0; at < 60; at += 3) {
      expect((await report(first, at, at + 1)).body.views[0]?.outcome).toBe("counted");
      expect((await report(second, at + 1, at + 2)).body.views[0]?.outcome).toBe("counted");
      expect((await report(third, at + 2, at + 3)).status).toBe(200);
      expect((await state(second)).may_play).toBe(true);
      expect((await manager.call("/api/v1/views/live/?videos=42")).status).toBe(200);
    }
    const statements = (await mark.since()).filter((each) => !isHousekeeping(each));
    // lines of sessions go with the flush
    expect(statements.filter(({ query }) => !/INSERT INTO "statusplane"\.view_log/i.test(query))).toEqual([]);
  });

  it("is written to its row, and decides once, on every device", async () => {
    const [here, there] = [await of(apis[0], "bob"), await of(apis[1], "bob")];
    const manager = await of(apis[1], "teacher");
    const json = { ...DEFAULT_POLICY, attended_percent: 30 };
    expect((await manager.call("/api/v1/views/42/policy/", { method: "PUT", json })).status).toBe(200);
    await state(here);
    expect((await report(here, 0, 95)).body.views[0]).toMatchObject({
      counted_seconds: 30,
      reason: "too_fast",
    });
    const decided = await eventually("it is decided", async () => {
      const seen = await state(there);
      return seen.attended ? seen : null;
    });
    const row = await rowOf("bob");
    expect(row?.watched_seconds).toBe(decided.watched_seconds);
    expect(row?.attended_at?.toISOString()).toBe(decided.attended_at);
  });

  it("is the student's whom the token names, in the grid of the class", async () => {
    await withClient(deployment.databaseUrl, (client) =>
      client.query(
        `INSERT INTO statusplane_academy.student (tenant_id, student_no, name, class_name)
         VALUES ($1, 's1', '김하나', '3반'), ($1, 's2', '이둘', '3반')`,
        [TENANT],
      ),
    );
    const [byNumber, byMapping] = [
      await of(apis[0], "u-77", { student_no: "s1" }),
      await of(apis[1], "u-78"),
    ];
    const manager = await of(apis[1], "teacher");
    const mapped = { method: "PUT", json: { viewer: "u-78" } };
    expect((await manager.call("/api/v1/students/s2/viewer/", mapped)).status).toBe(200);
    for (const api of [byNumber, byMapping]) {
      await state(api);
      await report(api, 0, 20);
    }
    interface Grid {
      readonly items: readonly { readonly student_no: string; readonly views: Record<string, unknown> }[];
    }
    const items = await eventually("both are in the grid", async () => {
      const { body } = await manager.call<Grid>("/api/v1/students/views/?videos=42&class=3반");
      return body.items.every(({ views }) => views["42"] !== undefined) ? body.items : null;
    });
    expect(items).toMatchObject([
      { student_no: "s1", viewer: "s1", views: { "42": { watched_percent: 20 } } },
      { student_no: "s2", viewer: "u-78", views: { "42": { watched_percent: 20 } } },
    ]);
  });

  it("comes back from its row when Redis has lost everything", async () => {
    const api = await of(apis[0], "carol");
    await state(api);
    await report(api, 0, 10);
    await eventually("its row is there", async () => (await rowOf("carol"))?.watched_seconds === 10);
    await withRedis(deployment.statusRedis.url, async (redis) => {
      const keys = await redis.keys(`tenant:${TENANT}:view*`);
      await redis.del(...keys);
    });
    expect((await report(api, 10, 20)).body.views[0]?.outcome).toBe("load");
    expect(await state(api)).toMatchObject({ watched_seconds: 10, seen: [[0, 10]] });
    expect((await report(api, 10, 20)).body.views[0]).toMatchObject({ counted_seconds: 10 });
    await eventually("both are there", async () => (await rowOf("carol"))?.watched_seconds === 20);
  });
});
