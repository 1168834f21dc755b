import { DEFAULT_TIMINGS, jobRef } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedToken } from "../fakes/index.ts";
import { failed, openWatching, pending, running, write, type Watching } from "./open-watching.ts";
import { CLIENTS, openSocket, type StreamClient } from "./stream-clients.ts";

const VIDEO = jobRef("7", "video", "42");
const JOB = jobRef("7", "job", "a");

describe.each(CLIENTS)("a tenant's list by %s", (_transport, openClient) => {
  let watching: Watching;
  let token: string;
  const clients: StreamClient[] = [];
  beforeEach(async () => {
    watching = await openWatching({
      jobTypes: ["render"],
      timings: { ...DEFAULT_TIMINGS, rereadMs: 100 },
    });
    token = await signedToken({ tenant_id: 7 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await watching.close();
  });

  const open = async (ask: Parameters<typeof openClient>[0]["ask"]): Promise<StreamClient> => {
    const client = await openClient({ base: watching.base, token, ask });
    clients.push(client);
    return client;
  };

  it("comes after all that it names, live and lately ended, and each is told once", async () => {
    await write(watching, pending(VIDEO, 1));
    await write(watching, running(VIDEO, 1, 5));
    await write(watching, pending(JOB, 1));
    await write(watching, failed(JOB, 1));
    await write(watching, pending(jobRef("8", "job", "theirs"), 1));
    const client = await open({ active: true, videos: ["42"], jobs: ["z"] });
    await client.until("ready");
    expect(client.said.slice(1, 3).toSorted()).toEqual(["job:a 1.FAILED", "video:42 1.5"]);
    expect([client.said[0], ...client.said.slice(3)]).toEqual([
      "hello",
      "missing job:z",
      "list video:42 †job:a",
      "ready",
    ]);
  });

  it("changes by itself when somebody submits, when something ends, and when it is tried again", async () => {
    const client = await open({ active: true });
    await client.until("ready");
    expect(client.said).toEqual(["hello", "list ", "ready"]);
    await write(watching, pending(VIDEO, 1));
    await client.until("list video:42");
    await write(watching, running(VIDEO, 1, 3));
    await client.until("video:42 1.3");
    await write(watching, failed(VIDEO, 1));
    await client.until("list †video:42");
    await write(watching, pending(VIDEO, 2));
    await client.until("list video:42", 2);
    expect(client.said.slice(3)).toEqual([
      "video:42 1.PENDING",
      "list video:42",
      "video:42 1.3",
      "video:42 1.FAILED",
      "list †video:42",
      "video:42 2.PENDING",
      "list video:42",
    ]);
    expect(client.said).not.toContain("end");
  });

  it("shows the hundred newest and counts the others, and the next one when one ends", async () => {
    for (let id = 1; id <= 101; id += 1) await write(watching, pending(jobRef("7", "job", `j${id}`), 1));
    const client = await open({ active: true });
    await client.until("ready");
    expect(client.said.some((said) => said.endsWith(" +1"))).toBe(true);
    expect(client.said).not.toContain("job:j1 1.PENDING");
    await write(watching, failed(jobRef("7", "job", "j50"), 1));
    await client.until("job:j1 1.PENDING");
    await eventually("nothing else is counted", () => client.said.at(-1)?.endsWith("†job:j50"));
  });

  it("says when a job type's workers are gone, and when they are there again", async () => {
    const client = await open({ active: true });
    await client.until("ready");
    await watching.store.installation.setUnready("render", "renderer_missing");
    await client.until("list render");
    await watching.store.installation.setUnready("render", null);
    await client.until("list ", 2);
    expect(client.said).toEqual(["hello", "list ", "ready", "list render", "list "]);
  });

  it("is the same for whoever comes later, and is let go with the last who looks", async () => {
    await write(watching, pending(VIDEO, 1));
    const first = await open({ active: true });
    await first.until("ready");
    await write(watching, running(VIDEO, 1, 9));
    await first.until("video:42 1.9");
    const second = await open({ active: true });
    await second.until("ready");
    expect(second.said).toEqual(["hello", "video:42 1.9", "list video:42", "ready"]);
    first.close();
    await write(watching, failed(VIDEO, 1));
    await second.until("list †video:42");
    expect(first.said).not.toContain("list †video:42");
  });
});

describe("the list and narrower sign-ins", () => {
  it("does not keep one who comes back to a job that it does not name from being told it again", async () => {
    const watching = await openWatching();
    for (const id of ["aged", ...Array.from({ length: 100 }, (_, at) => `j${at}`)]) {
      await write(watching, pending(jobRef("7", "job", id), 1));
      await write(watching, failed(jobRef("7", "job", id), 1));
    }
    const socket = await openSocket({ base: watching.base });
    socket.say({ op: "sign_in", token: await signedToken({ tenant_id: 7 }) });
    for (const [at, jobs] of [["aged"], ["j99"], ["aged"]].entries()) {
      socket.say({ op: "watch", jobs, active: true });
      await socket.until("ready", at + 1);
    }
    expect(socket.said.filter((each) => each === "job:aged 1.FAILED")).toHaveLength(2);
    expect(socket.said.filter((each) => each === "job:j99 1.FAILED")).toHaveLength(1);
    socket.close();
    await watching.close();
  });

  it("is none of a watch token's business", async () => {
    const watching = await openWatching();
    const headers = { authorization: `Bearer ${await signedToken({ tenant_id: 7 })}` };
    const minted = await watching.server.inject({
      ...{ method: "POST", url: "/api/v1/watch-token/", headers },
      payload: { videos: ["42"] },
    });
    const { watch_token: token } = minted.json<{ readonly watch_token: string }>();
    const refused = await watching.server.inject({
      url: "/api/v1/events/?active=1",
      headers: { authorization: `Bearer ${token}` },
    });
    expect(refused.statusCode).toBe(404);
    const socket = await openSocket({ base: watching.base });
    socket.say({ op: "sign_in", token });
    socket.say({ op: "watch", active: true });
    expect(await socket.over()).toBe(4003);
    await watching.close();
  });
});
