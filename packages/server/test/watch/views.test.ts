import { encodeSnapshot, jobRef, viewRef, type ViewRef } from "@statusplane/core";
import { asMembers, bearerProtocol, ROUTES, SUBPROTOCOL, type StreamEvent } from "@statusplane/core/wire";
import { eventually } from "@statusplane/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedToken } from "../fakes/index.ts";
import { failed, openWatching, pending, write, type Watching } from "./open-watching.ts";
import { CLIENTS, openSocket, type StreamClient } from "./stream-clients.ts";

const VIDEO = jobRef("7", "video", "42");
let watching: Watching;
let manager: string;
const clients: { close(): void }[] = [];
beforeEach(async () => {
  watching = await openWatching();
  manager = await signedToken({ tenant_id: 7, scope: "watch manage" });
  await watching.store.views.loadPolicies("7", { tenant: null, videos: new Map() });
  const ready = {
    attempt: 1,
    status: "READY",
    outputPath: "7/42/1/main.list",
    durationSeconds: 100,
  } as const;
  const snapshot = {
    ref: VIDEO,
    jobType: "render",
    title: null,
    updatedAt: new Date().toISOString(),
    ...ready,
  };
  await write(watching, pending(VIDEO, 1));
  await watching.store.writer.write("finish", encodeSnapshot(snapshot));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await watching.close();
});

const begun = async (viewer: string, video = "42"): Promise<ViewRef> => {
  const ref = viewRef("7", video, viewer);
  await watching.store.views.load([{ ref, recorded: null }]);
  return ref;
};
const play = (ref: ViewRef, to: number) =>
  watching.store.views.report(
    ref,
    {
      ...{ player: "p", ranges: [[0, to]], positionSeconds: to, speed: 1 },
      ...{ muted: false, hidden: false, left: false, agoMs: 0 },
    },
    { lengthSeconds: 100, maxSpeed: 2, seekAhead: true, places: 2, neededSeconds: 90, deadlineMs: null },
  );
const viewsOf = (events: readonly StreamEvent[]): string[] =>
  events.flatMap((each) => {
    if (each.event !== "view" && each.event !== "view_gone") return [];
    const { video, viewer, watched_percent: percent } = asMembers(each.body);
    return [`${String(video)} ${String(viewer)} ${each.event === "view" ? `${String(percent)} %` : "gone"}`];
  });

describe.each(CLIENTS)("views by %s", (transport, openClient) => {
  const open = async (
    ask: Parameters<typeof openClient>[0]["ask"],
    token = manager,
  ): Promise<StreamClient> => {
    const client = await openClient({ base: watching.base, token, ask });
    clients.push(client);
    return client;
  };
  const until = (client: StreamClient, said: string) =>
    eventually(said, () => viewsOf(client.events).includes(said));

  it("are told first, then whenever somebody has watched more, beside jobs", async () => {
    const alice = await begun("alice");
    await play(alice, 5);
    const client = await open({ videos: ["42"], views: ["42", "43"] });
    await client.until("ready");
    expect(client.said.slice(1, -1).toSorted()).toEqual(["video:42 1.READY", "view"]);
    expect(viewsOf(client.events)).toEqual(["42 alice 5 %"]);
    await play(alice, 12);
    await until(client, "42 alice 12 %");
    expect(client.isOver()).toBe(false); // the job has ended, the views have not
  });

  it("that are erased are told as gone, and a new one after that", async () => {
    const alice = await begun("alice");
    await play(alice, 10);
    const client = await open({ views: ["42"] });
    await client.until("ready");
    await watching.store.views.erase("7", { video: "42", viewer: null, videos: [] });
    await begun("alice");
    await play(alice, 3);
    await until(client, "42 alice 3 %");
    expect(viewsOf(client.events)).toEqual(["42 alice 10 %", "42 alice gone", "42 alice 3 %"]);
  });

  it.each([
    ["may not manage", { tenant_id: 7, scope: "watch play" }],
    ["names no scope that this needs", { tenant_id: 7, scope: "watch" }],
  ])("are refused to a sign-in that %s", async (_, claims) => {
    const token = await signedToken(claims);
    const ask = { videos: ["42"], views: ["42"] };
    if (transport === "SSE") return expect(open(ask, token)).rejects.toThrow("status 403");
    expect(await (await open(ask, token)).over()).toBe(4003);
  });

  it("of another tenant are never told", async () => {
    const client = await open({ views: ["42"] }, await signedToken({ tenant_id: 8, scope: "watch manage" }));
    await client.until("ready");
    await play(await begun("alice"), 5);
    const own = await open({ views: ["42"] });
    await until(own, "42 alice 5 %");
    expect(viewsOf(client.events)).toEqual([]);
  });
});

it("a socket adds and removes videos while it is open, and tells no more of what it left", async () => {
  const [alice, bob] = [await begun("alice"), await begun("bob", "43")];
  const client = await openSocket({
    base: watching.base,
    protocols: [SUBPROTOCOL, bearerProtocol(manager) ?? ""],
  });
  clients.push(client);
  client.say({ op: "watch", views: ["42"] });
  await client.until("ready");
  client.say({ op: "watch", views: ["43"] });
  await client.until("ready", 2);
  await play(alice, 5);
  await play(bob, 6);
  await eventually("the added one is told", () => viewsOf(client.events).length > 0);
  client.say({ op: "watch", views: ["42", "43"] });
  await client.until("ready", 3);
  await eventually("the first is told again", () => viewsOf(client.events).length > 1);
  expect(viewsOf(client.events)).toEqual(["43 bob 6 %", "42 alice 5 %"]);
});

it.each([
  ["?views=42", 403, "insufficient_scope"],
  ["?views=not%20an%20id", 403, "insufficient_scope"],
])("an answer of %s says what is missing", async (query, status, code) => {
  const token = await signedToken({ tenant_id: 7, scope: "watch" });
  const answer = await fetch(watching.base + ROUTES.events + query, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
});

it.each([
  ["what is no id", "not%20an%20id", "invalid_request"],
  ["too many", Array.from({ length: 101 }, (_, i) => i + 1).join(","), "too_many_refs"],
])("%s is refused", async (_, views, code) => {
  const answer = await fetch(`${watching.base}${ROUTES.events}?views=${views}`, {
    headers: { authorization: `Bearer ${manager}` },
  });
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, code]);
});

it("a job that fails beside views does not end the stream", async () => {
  const job = jobRef("7", "job", "a");
  await write(watching, pending(job, 1));
  const [, openSse] = CLIENTS[0] ?? [];
  if (openSse === undefined) throw new Error("there is a client");
  const client = await openSse({ base: watching.base, token: manager, ask: { jobs: ["a"], views: ["42"] } });
  clients.push(client);
  await write(watching, failed(job, 1));
  await client.until("job:a 1.FAILED");
  expect(client.said).not.toContain("end");
});
