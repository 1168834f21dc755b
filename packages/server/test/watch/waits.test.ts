import { jobRef } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { get } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedToken } from "../fakes/index.ts";
import { failed, openWatching, pending, running, write, type Watching } from "./open-watching.ts";

const VIDEO = jobRef("7", "video", "42");
const PATH = "/media/videos/42/progress/";

describe("a poll that prefers to wait", () => {
  let watching: Watching;
  let authorization: string;
  let leaving: AbortController;
  beforeEach(async () => {
    leaving = new AbortController();
    watching = await openWatching({ leaving: leaving.signal, streamsPerToken: 2, drainMs: 0 });
    authorization = `Bearer ${await signedToken({ tenant_id: 7 })}`;
    await write(watching, pending(VIDEO, 1));
    await write(watching, running(VIDEO, 1, 5));
  });
  afterEach(() => watching.close());

  const poll = async (headers: Readonly<Record<string, string>>, path = PATH) => {
    const answer = await fetch(watching.base + path, { headers: { authorization, ...headers } });
    const text = await answer.text();
    return {
      status: answer.status,
      version: text === "" ? null : (JSON.parse(text) as { readonly version?: number }).version,
      applied: answer.headers.get("preference-applied"),
      etag: answer.headers.get("etag"),
    };
  };
  const waiting = async (): Promise<string | undefined> => {
    const headers = { authorization: `Bearer ${await signedToken({ role: "operator" })}` };
    const { body } = await watching.server.inject({ url: "/metrics", headers });
    return /^statusplane_streams\{transport="wait"\} (\d+)$/m.exec(body)?.[1];
  };
  const isWaiting = (count: string) => eventually(`${count} wait`, async () => (await waiting()) === count);

  it("is answered as soon as there is something newer", async () => {
    const answer = poll({ "if-none-match": '"1.5"', prefer: "respond-async, wait=20" });
    await isWaiting("1");
    await write(watching, running(VIDEO, 1, 6));
    expect(await answer).toEqual({ status: 200, version: 6, applied: "wait", etag: '"1.6"' });
    await isWaiting("0");
  });

  it("is answered with 304 when there was nothing for so long", async () => {
    expect(await poll({ "if-none-match": '"1.5"', prefer: "wait=1" })).toEqual({
      ...{ status: 304, version: null, applied: "wait", etag: '"1.5"' },
    });
  });

  it("waits as long as it may where it would wait for years, and no longer than its sign-in holds", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 3;
    const headers = {
      authorization: `Bearer ${await signedToken({ tenant_id: 7, exp })}`,
      ...{ "if-none-match": '"1.5"', prefer: "wait=1000000000" },
    };
    const answer = poll(headers);
    await isWaiting("1");
    await isWaiting("0"); // long before the wait would be over
    expect(await answer).toMatchObject({ status: 304, applied: "wait" });
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000);
  });

  it("is answered at once where nothing is to be waited for", async () => {
    const wait = { prefer: "wait=20" };
    expect(await poll(wait)).toMatchObject({ status: 200, applied: null });
    expect(await poll({ ...wait, "if-none-match": '"1.4"' })).toMatchObject({ status: 200, applied: "wait" });
    expect(await poll({ ...wait, "if-none-match": '"1.4"' }, "/media/videos/43/progress/")).toMatchObject({
      status: 404,
    });
    for (const prefer of ["wait=0", "wait=-5", "wait=x", "handling=lenient", ""]) {
      expect(await poll({ prefer, "if-none-match": '"1.5"' })).toMatchObject({ status: 304, applied: null });
    }
    await write(watching, failed(VIDEO, 1));
    const { etag } = await poll({});
    expect(await poll({ ...wait, "if-none-match": etag ?? "" })).toMatchObject({ status: 304 });
  });

  it("counts as a stream, until its client goes", async () => {
    const headers = { authorization, "if-none-match": '"1.5"', prefer: "wait=20" };
    const asking = [1, 2].map(() => get(watching.base + PATH, { headers, agent: false }));
    for (const each of asking) each.on("error", () => undefined);
    await isWaiting("2");
    expect((await poll(headers)).status).toBe(429);
    expect((await poll({ "if-none-match": '"1.5"' })).status).toBe(304);
    for (const each of asking) each.destroy();
    await isWaiting("0");
  });

  it("is answered at once when the process leaves, and waits no more from then on", async () => {
    const answer = poll({ "if-none-match": '"1.5"', prefer: "wait=20" });
    await isWaiting("1");
    leaving.abort();
    expect(await answer).toMatchObject({ status: 304 });
    expect(await poll({ "if-none-match": '"1.5"', prefer: "wait=20" })).toMatchObject({
      status: 304,
      applied: null,
    });
  });
});
