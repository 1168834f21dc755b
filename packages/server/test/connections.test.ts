import { eventually } from "@statusplane/test-support";
import { Agent, createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { openTestServer, signedIn, type TestOptions, type TestServer } from "./fakes/index.ts";

const MIB = 1024 ** 2;
const QUICK = { checkEveryMs: 20, readAwayMs: 20_000 };

let test: TestServer;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  test.server.server.closeAllConnections();
  await test.close();
});

async function open(options: TestOptions = {}): Promise<number> {
  test = await openTestServer({ ...options, http: { ...QUICK, ...options.http } });
  await test.server.listen({ port: 0, host: "127.0.0.1" });
  return (test.server.server.address() as AddressInfo).port;
}

/** One connection, and all that was heard on it. */
class Line {
  readonly socket: Socket;
  heard = "";
  /** How it ended; null while it is open. */
  end: "closed" | "reset" | null = null;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    sockets.push(this.socket);
    this.socket.setEncoding("latin1").on("data", (text: string) => (this.heard += text));
    this.socket.on("error", () => (this.end = "reset"));
    this.socket.on("close", () => (this.end ??= "closed"));
  }

  async says(text: string): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(text, "latin1", () => resolve()));
  }

  /** As fast as it is read, until the connection ends. */
  async repeats(text: string): Promise<void> {
    while (this.end === null) await this.says(text);
  }

  async hears(text: string): Promise<void> {
    await eventually(`${text} is heard`, () => this.heard.includes(text));
  }

  async ends(): Promise<"closed" | "reset"> {
    return eventually("the connection ends", () => this.end);
  }
}

const head = (start: string, headers: Record<string, string | number>): string =>
  `${start} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
const FORM = { "Content-Type": "multipart/form-data; boundary=XX" };
const FILE_PART = '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n';
const END = "\r\n--XX--\r\n";
/** No video, and more than any buffer between client and server holds. */
const WRONG_FILE = FILE_PART + "\x19".repeat(12 * MIB) + END;
const JSON_HEAD = { "Content-Type": "application/json", "Content-Length": 60 };

describe("an answer before its body has ended", () => {
  interface Case {
    readonly status: number;
    readonly start: string;
    readonly options?: TestOptions;
    readonly headers?: Record<string, string>;
    readonly unknown?: boolean;
  }
  const cases: readonly Case[] = [
    { status: 415, start: "POST /media/videos/" },
    { status: 413, start: "POST /media/videos/", options: { uploadMaxBytes: MIB } },
    { status: 507, start: "POST /media/videos/", options: { acceptsWork: () => "storage_full" } },
    { status: 400, start: "POST /media/videos/", headers: { "Idempotency-Key": "a b" } },
    { status: 429, start: "POST /media/videos/", options: { requestsPerMinute: 1 } },
    { status: 401, start: "POST /media/videos/", unknown: true },
    { status: 415, start: "POST /api/v1/jobs/", headers: { "Content-Type": "text/plain" } },
    { status: 413, start: "POST /api/v1/jobs/", headers: { "Content-Type": "application/json" } },
    { status: 404, start: "POST /api/v1/nothing/" },
    { status: 405, start: "PUT /media/videos/42/progress/" },
    { status: 200, start: "GET /api/v1/progress/?active=1" },
  ];
  it.each(cases)("says that it ends its connection, and reads the rest: $status $start", async (each) => {
    const port = await open(each.options);
    const one = await signedIn(1);
    if (each.status === 429) {
      const poll = { url: "/api/v1/progress/?active=1", headers: one };
      await eventually("nothing is left", async () => (await test.server.inject(poll)).statusCode === 429);
    }
    const line = new Line(port);
    const sent = line.says(
      head(each.start, {
        ...(each.unknown === true ? {} : { Authorization: one.authorization }),
        ...FORM,
        ...each.headers,
        "Content-Length": WRONG_FILE.length,
      }) + WRONG_FILE,
    );
    await line.hears("\r\n\r\n");
    expect(line.heard).toMatch(new RegExp(`^HTTP/1.1 ${each.status} `));
    expect(line.heard).toMatch(/\r\nconnection: close\r\n/i);
    await sent;
    expect(await line.ends()).toBe("closed");
  });

  it("reads no endless rest", async () => {
    const port = await open({ http: { readAwayMaxBytes: 4 * MIB } });
    const line = new Line(port);
    await line.says(head("POST /api/v1/nothing/", { ...FORM, "Content-Length": 1e12 }));
    void line.repeats("x".repeat(MIB));
    await line.ends();
    expect(line.heard).toContain("route_not_found");
  });

  it("waits for no rest that does not come", async () => {
    const port = await open({ http: { readAwayMs: 50 } });
    const line = new Line(port);
    await line.says(head("POST /api/v1/nothing/", { ...FORM, "Content-Length": 1_000 }));
    await line.hears("route_not_found");
    expect(await line.ends()).toBe("closed");
  });

  it("leaves the connection to the next request where the body had come", async () => {
    const port = await open();
    const { authorization } = await signedIn(1);
    const line = new Line(port);
    const json = '{"job_type":"nothing"}';
    const request = head("POST /api/v1/jobs/", {
      Authorization: authorization,
      "Content-Type": "application/json",
      "Content-Length": json.length,
    });
    await line.says(request + json + request + json);
    await eventually("both are answered", () => line.heard.split("unknown_job_type").length > 2);
    expect(line.heard).not.toMatch(/connection: close/i);
  });

  it("keeps no other tenant waiting behind a proxy that keeps its connections", async () => {
    const port = await open();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const proxy = createHttpServer((request, response) => {
      const { method, url, headers } = request;
      const upstream = httpRequest({ agent, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      upstream.on("error", () => response.destroy()); // what is still being sent may meet its end
      request.pipe(upstream);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const through = (proxy.address() as AddressInfo).port;
    const [one, two] = [await signedIn(1), await signedIn(2)];
    const refused = new Line(through);
    void refused.says(
      head("POST /media/videos/", {
        Authorization: one.authorization,
        ...FORM,
        "Content-Length": WRONG_FILE.length,
      }) + WRONG_FILE,
    );
    await refused.hears("not_renderable");
    const next = new Line(through);
    await next.says(head("GET /api/v1/progress/?active=1", { Authorization: two.authorization }));
    await next.hears("\r\n\r\n");
    expect(next.heard).toMatch(/^HTTP\/1.1 200 /);
    agent.destroy();
    proxy.closeAllConnections();
    proxy.close();
  });
});

describe("a connection", () => {
  const shortly = { bodyMs: 60, uploadIdleMs: 60, readAwayMs: 60 };
  /** Only where the head is what does not end: a busy process reads a whole one late, and would be told the wrong thing. */
  const withHead = { ...shortly, headMs: 60 };
  const dribble = (line: Line, everyMs: number, text = "x"): void => {
    const timer = setInterval(() => line.socket.write(text, "latin1"), everyMs);
    line.socket.once("close", () => clearInterval(timer));
  };

  it.each([
    ["that says nothing", withHead, "", 408],
    ["that does not end its head", withHead, "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", 408],
    ["that speaks TLS", shortly, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["to an unknown address", shortly, head("POST /nothing", JSON_HEAD), 408],
    ["with a wrong method", shortly, head("PUT /healthz", JSON_HEAD), 408],
    ["that is not signed in", shortly, head("POST /api/v1/jobs/", JSON_HEAD), 401],
    ["whose JSON does not end", shortly, "signed in: POST /api/v1/jobs/", 408],
    ["whose watch token's request does not end", shortly, "signed in: POST /api/v1/watch-token/", 408],
    ["that cancels with a body that does not end", shortly, "signed in: POST /api/v1/jobs/a/cancel/", 408],
  ])("%s is told and ended, though bytes dribble in", async (_name, limits, said, status) => {
    const port = await open({ http: limits });
    const line = new Line(port);
    const { authorization: Authorization } = await signedIn(1);
    const [, start] = said.split("signed in: ");
    if (start !== undefined) await line.says(head(start, { Authorization, ...JSON_HEAD }));
    else if (said !== "") await line.says(said);
    if (said !== "") dribble(line, 20, " ");
    await line.ends();
    expect(line.heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(line.heard).toMatch(/\r\nconnection: close\r\n/i);
  });

  it.each([
    ["of which nothing more comes", {}, FILE_PART + "video", false],
    ["without a usable part", {}, "\r\n", false],
    ["that is slow", { uploadIdleMs: 60_000, paceOverMs: 100 }, FILE_PART + "video", true],
    ["that is slow before its first part", { uploadIdleMs: 60_000, paceOverMs: 100 }, "\r\n", true],
  ])("with a form %s is told and ended, and nothing is kept", async (_name, limits, part, dribbles) => {
    const port = await open({ http: { ...shortly, ...limits } });
    const { authorization: Authorization } = await signedIn(1);
    const line = new Line(port);
    await line.says(head("POST /media/videos/", { Authorization, ...FORM, "Content-Length": 1e9 }) + part);
    if (dribbles) dribble(line, 20);
    await line.ends();
    expect(line.heard).toMatch(/^HTTP\/1.1 408 .*\r\nconnection: close\r\n.*"request_timeout"/is);
    await eventually("nothing is kept", () => test.files.inputs().length === 0);
  });

  it("with a form whose field is endless is told and ended", async () => {
    const port = await open({ uploadMaxBytes: MIB, http: { readAwayMs: 60 } });
    const { authorization: Authorization } = await signedIn(1);
    const line = new Line(port);
    await line.says(head("POST /media/videos/", { Authorization, ...FORM, "Transfer-Encoding": "chunked" }));
    const field = '--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\n';
    await line.says(`${field.length.toString(16)}\r\n${field}\r\n`);
    const chunk = `100000\r\n${"x".repeat(MIB)}\r\n`;
    void line.repeats(chunk);
    await line.ends();
    expect(line.heard).toContain('"body_too_large"');
  });

  it.each(["multipart/form-data", "Multipart/Form-Data"])(
    "with a form (%s) that goes on has all the time that it takes",
    async (type) => {
      const port = await open({ http: { ...shortly, uploadIdleMs: 5_000 } });
      const { authorization: Authorization } = await signedIn(1);
      const line = new Line(port);
      const pieces = 20;
      const piece = "x".repeat(200_000);
      const length = FILE_PART.length + 5 + pieces * piece.length + END.length;
      const form = { "Content-Type": `${type}; boundary=XX`, "Content-Length": length };
      await line.says(head("POST /media/videos/", { Authorization, ...form }));
      await line.says(`${FILE_PART}video`);
      for (let n = 0; n < pieces; n++) {
        await sleep(25); // longer in all than another body may take
        await line.says(piece);
      }
      await line.says(END);
      await line.hears("\r\n\r\n");
      expect(line.heard).toMatch(/^HTTP\/1.1 202 /);
    },
  );

  it.each([
    ["nothing", { silenceMs: 150 }, 0],
    ["hardly anything", { paceOverMs: 100, slowestBytesPerSecond: 50_000_000 }, 20],
  ])("whose peer reads %s of a large answer is ended", async (_what, limits, everyMs) => {
    const large = Buffer.alloc(24 * MIB);
    const port = await open({
      http: limits,
      extend: (app) =>
        void app.get("/api/v1/large", { config: { scope: "watch" } }, (_request, reply) => reply.send(large)),
    });
    const { authorization: Authorization } = await signedIn(1);
    const line = new Line(port);
    line.socket.pause();
    await line.says(head("GET /api/v1/large", { Authorization }));
    if (everyMs > 0) {
      const timer = setInterval(() => line.socket.read(1_000), everyMs);
      line.socket.once("close", () => clearInterval(timer));
    }
    const open_ = () =>
      new Promise<number>((resolve) => test.server.server.getConnections((_e, count) => resolve(count)));
    await eventually("it has begun", async () => (await open_()) === 1);
    await eventually("the connection is gone", async () => (await open_()) === 0);
    expect(line.heard.length).toBeLessThan(large.length);
  });

  it("on which a request is under way and nothing moves is ended", async () => {
    const port = await open({
      http: { silenceMs: 150 },
      extend: (app) =>
        void app.get("/api/v1/never", { config: { scope: "watch" } }, () => new Promise(() => undefined)),
    });
    const { authorization: Authorization } = await signedIn(1);
    const line = new Line(port);
    await line.says(head("GET /api/v1/never", { Authorization }));
    await line.ends();
    expect(line.heard).toBe("");
  });

  it("beyond the greatest number is closed unheard, the others go on", async () => {
    const port = await open({ http: { maxConnections: 2 } });
    const lines = [new Line(port), new Line(port)];
    await Promise.all(lines.map((line) => line.says(head("GET /healthz", {}))));
    await Promise.all(lines.map((line) => line.hears('"ok"')));
    await eventually("the third is closed", async () => {
      const third = new Line(port);
      await third.ends();
      return third.heard === "";
    });
    lines[0]?.socket.destroy();
    await eventually("there is room again", async () => {
      const next = new Line(port);
      await next.says(head("GET /healthz", {}));
      await eventually("it is heard or closed", () => next.end !== null || next.heard.includes("ok"));
      return next.heard.includes("ok");
    });
  });
});
