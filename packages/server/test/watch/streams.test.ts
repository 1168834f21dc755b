import { jobRef } from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signedToken } from "../fakes/index.ts";
import { failed, openWatching, pending, running, write, type Watching } from "./open-watching.ts";
import { CLIENTS, type StreamClient } from "./stream-clients.ts";

const VIDEO = jobRef("7", "video", "42");
const JOB = jobRef("7", "job", "a");

describe.each(CLIENTS)("a stream by %s", (transport, openClient) => {
  let watching: Watching;
  let token: string;
  const clients: StreamClient[] = [];
  beforeEach(async () => {
    watching = await openWatching();
    token = await signedToken({ tenant_id: 7 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await watching.close();
  });

  const open = async (ask: Parameters<typeof openClient>[0]["ask"], as = token): Promise<StreamClient> => {
    const client = await openClient({ base: watching.base, token: as, ask });
    clients.push(client);
    return client;
  };

  it("tells all that is there first, then what is missing, then each newer snapshot", async () => {
    await write(watching, pending(VIDEO, 1));
    await write(watching, running(VIDEO, 1, 5));
    await write(watching, pending(JOB, 2));
    const client = await open({ videos: ["42", "43"], jobs: ["a", "not an id"] });
    await client.until("ready");
    expect(client.said.slice(0, 1)).toEqual(["hello"]);
    expect(client.said.slice(1, 3).toSorted()).toEqual(["job:a 2.PENDING", "video:42 1.5"]);
    expect(client.said.slice(3)).toEqual(["missing video:43 job:not an id", "ready"]);
    await write(watching, running(VIDEO, 1, 6));
    await client.until("video:42 1.6");
  });

  it("tells the latest of what changed at once, and never a step back", async () => {
    await write(watching, pending(VIDEO, 1));
    const client = await open({ videos: ["42"] });
    await client.until("ready");
    for (let version = 1; version <= 200; version += 1) await write(watching, running(VIDEO, 1, version));
    await client.until("video:42 1.200");
    const versions = client.events.flatMap((event) =>
      event.event === "snapshot" ? [(event.body as { readonly version: number }).version] : [],
    );
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(versions).size).toBe(versions.length);
  });

  it("says the end when all that is watched has ended, and not before", async () => {
    await write(watching, pending(VIDEO, 1));
    await write(watching, pending(JOB, 1));
    await write(watching, failed(JOB, 1));
    const client = await open({ videos: ["42"], jobs: ["a"] });
    await client.until("ready");
    expect(client.said).not.toContain("end");
    await write(watching, failed(VIDEO, 1));
    await client.until("end");
    expect(client.said.slice(-2)).toEqual(["video:42 1.FAILED", "end"]);
    if (transport === "SSE") await client.over();
    else expect(client.isOver()).toBe(false);
  });

  it("shows a tenant its own jobs alone", async () => {
    const others = jobRef("8", "video", "42");
    await write(watching, pending(others, 1));
    const client = await open({ videos: ["42"] });
    await client.until("ready");
    expect(client.said).toEqual(["hello", "missing video:42", "ready"]);
    await write(watching, running(others, 1, 3));
    await write(watching, pending(VIDEO, 4));
    await client.until("video:42 4.PENDING");
    expect(client.said).toHaveLength(4);
  });

  it("names its reader without telling who it is, and until when the sign-in holds", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const readerOf = async (claims: object): Promise<string | null> => {
      const client = await open({ videos: ["42"] }, await signedToken({ tenant_id: 7, exp, ...claims }));
      await client.until("ready");
      const hello = client.events[0];
      if (hello?.event !== "hello") throw new Error("hello comes first");
      expect(hello.expiresAt).toBe(new Date(exp * 1_000).toISOString());
      return hello.reader;
    };
    const reader = await readerOf({});
    expect(reader).toMatch(/^k[A-Za-z0-9_-]{22}$/);
    expect(await readerOf({ jti: "another token of the same person" })).toBe(reader);
    expect(await readerOf({ sub: "bob" })).not.toBe(reader);
    expect(await readerOf({ tenant_id: 8 })).not.toBe(reader);
  });

  it("ends with its token, and says so", async () => {
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const client = await open({ videos: ["42"] }, await signedToken({ tenant_id: 7, exp }));
    await client.until("ready");
    const code = await client.over();
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000);
    expect(client.said.slice(-1)).toEqual(["bye expired"]);
    expect(code).toBe(transport === "SSE" ? 0 : 4001);
  });

  it("leaves nothing behind when its client goes", async () => {
    const client = await open({ videos: ["42"] });
    await client.until("ready");
    const openStreams = async (): Promise<string> =>
      (await (await fetch(`${watching.base}/metrics`, { headers: await operator() })).text())
        .split("\n")
        .filter((line) => /^statusplane_streams\{/.test(line) && !line.endsWith(" 0"))
        .join();
    expect(await openStreams()).not.toBe("");
    client.close();
    await eventually("it is counted out", async () => (await openStreams()) === "");
  });
});

async function operator(): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await signedToken({ role: "operator" })}` };
}
