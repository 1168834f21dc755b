import { eventually } from "@statusplane/test-support";
import { Agent, request } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTestServer, signedIn, type TestServer } from "./fakes/index.ts";

const ASK = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const DRAIN_MS = 300;
/** Within it somebody is answered again on a machine that is busy with other things, too. */
const LONG_DRAIN_MS = 2_000;

describe("a server that leaves", () => {
  let leaving: AbortController;
  let test: TestServer;
  let port: number;
  const sockets: Socket[] = [];
  async function listen(drainMs: number): Promise<void> {
    leaving = new AbortController();
    test = await openTestServer({ leaving: leaving.signal, drainMs });
    await test.server.listen({ port: 0, host: "127.0.0.1" });
    ({ port } = test.server.server.address() as AddressInfo);
  }
  beforeEach(() => listen(DRAIN_MS));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await test.close();
  });

  const poll = async () =>
    test.server.inject({ url: "/api/v1/progress/?active=1", headers: await signedIn(1) });

  /** A connection, what was heard on it, and for how long it was open when it ended. */
  function open() {
    const openedMs = performance.now();
    const line = { socket: connect(port, "127.0.0.1"), heard: "", openMs: null as number | null };
    sockets.push(line.socket);
    line.socket.setEncoding("utf8").on("data", (text: string) => (line.heard += text));
    line.socket.on("error", () => (line.heard += "reset"));
    line.socket.on("close", () => (line.openMs = performance.now() - openedMs));
    return line;
  }

  it("keeps its connections before", async () => {
    const answer = await poll();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toMatchObject({ connection: "close" });
  });

  it("answers as before, and each answer ends its connection", async () => {
    leaving.abort();
    const answer = await poll();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ connection: "close" });
  });

  it("closes a connection that it told nothing only after that was idle for long enough", async () => {
    leaving.abort();
    const early = open();
    await new Promise((resolve) => setTimeout(resolve, DRAIN_MS * 0.8)); // late within the time is the point
    const late = open();
    await test.server.close();
    await eventually("both are closed", () => early.openMs !== null && late.openMs !== null);
    expect(late.openMs).toBeGreaterThan(DRAIN_MS * 0.9);
    expect(early.heard + late.heard).toBe("");
  });

  it("answers a request that came while it was too busy to look, and then closes", async () => {
    const line = open();
    line.socket.write(ASK);
    await eventually("the connection is kept", () => line.heard.includes('"ok"'));
    leaving.abort();
    const closed = test.server.close();
    await new Promise((resolve) => setImmediate(resolve));
    line.socket.write(ASK); // it lies in the kernel while nobody looks, until after the time
    const untilMs = performance.now() + DRAIN_MS * 1.5;
    while (performance.now() < untilMs);
    await closed;
    await eventually("it ends", () => line.openMs !== null);
    expect(line.heard.split('"ok"')).toHaveLength(3);
    expect(line.heard).toMatch(/connection: close/i);
    expect(line.heard).not.toContain("reset");
  });

  it("goes though somebody keeps on opening connections, and lets what is under way end", async () => {
    await test.close();
    await listen(LONG_DRAIN_MS);
    const agent = new Agent({ keepAlive: true });
    const wrong: string[] = [];
    let answers = 0;
    let asks = true;
    const ask = (): void => {
      request({ agent, port, path: "/healthz" }, (answer) => {
        answer.resume().once("end", () => {
          answers += 1;
          if (asks) setTimeout(ask, 5);
        });
      })
        .on("error", (error) => asks && wrong.push(error.message))
        .end();
    };
    ask();
    await eventually("it is asked", () => answers > 3);
    leaving.abort();
    const before = answers;
    await test.server.close();
    asks = false;
    expect(answers).toBeGreaterThan(before);
    agent.destroy();
    expect(wrong.filter((message) => !message.includes("ECONNREFUSED"))).toEqual([]);
  });
});
