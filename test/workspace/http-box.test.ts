import { eventually, startHttpBox, type BoxRule, type HttpBox } from "@statusplane/test-support";
import { createServer, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let server: Server;
let box: HttpBox;
/** Streams of the server that are open. */
const open = new Set<ServerResponse | Socket>();
const clients: Socket[] = [];

beforeEach(async () => {
  server = createServer((request, response) => {
    if (request.url === "/poll") return void response.end("polled");
    open.add(response);
    response.once("close", () => open.delete(response));
    response.writeHead(200, { "content-type": "text/event-stream" }).write("first\n");
  });
  server.on("upgrade", (_request, socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => undefined);
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhello");
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  box = await startHttpBox({ port, isStream: (path) => path !== "/poll" });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await box.close();
  server.closeAllConnections();
  for (const each of open) each.destroy();
  await new Promise((resolve) => server.close(resolve));
});

interface Line {
  readonly socket: Socket;
  readonly text: () => string;
}

/** Asks by hand, and keeps what comes. */
function ask(path: string, headers = ""): Line {
  const socket = connect(Number(new URL(box.url).port), "127.0.0.1");
  clients.push(socket);
  let text = "";
  socket.on("data", (bytes: Buffer) => void (text += bytes.toString("latin1")));
  socket.on("error", () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: box\r\n${headers}\r\n`);
  return { socket, text: () => text };
}
const UPGRADE = "connection: upgrade\r\nupgrade: echo\r\n";

/** Under every rule a poll passes. */
async function under(rule: BoxRule): Promise<void> {
  box.rule = rule;
  expect(await (await fetch(`${box.url}/poll`)).text()).toBe("polled");
}

describe("a box on the way", () => {
  it("passes both kinds of streams until it is told otherwise", async () => {
    const events = ask("/events");
    const socket = ask("/socket", UPGRADE);
    await eventually("both", () => events.text().includes("first") && socket.text().includes("hello"));
    socket.socket.write("again");
    await eventually("an echo", () => socket.text().includes("again"));
    expect(box.struck).toBe(0);
  });

  it("holds bytes back until there are enough of them", async () => {
    await under({ kind: "hold", bytes: 1_000 });
    const events = ask("/events");
    await eventually("it is open", () => open.size === 1);
    const [response] = open as Set<ServerResponse>;
    response?.write("x".repeat(500));
    expect(await (await fetch(`${box.url}/poll`)).text()).toBe("polled"); // a round trip later
    expect(events.text()).toBe("");
    response?.write("y".repeat(500));
    await eventually("all of it", () => events.text().includes("y".repeat(500)));
    expect(events.text()).toContain("first\n");
  });

  it("drops the upgrade, or swallows what comes after it", async () => {
    await under({ kind: "drop-upgrade" });
    const plain = ask("/socket", UPGRADE);
    await eventually("the answer to a plain GET", () => plain.text().startsWith("HTTP/1.1 200"));
    await under({ kind: "swallow-frames" });
    const shaken = ask("/socket", UPGRADE);
    await eventually("the handshake", () => shaken.text().startsWith("HTTP/1.1 101"));
    shaken.socket.write("anybody?");
    expect(await (await fetch(`${box.url}/poll`)).text()).toBe("polled");
    expect(shaken.text()).not.toMatch(/hello|anybody/);
  });

  it("answers in the server's place, to streams alone", async () => {
    await under({ kind: "answer", status: 502, body: "<h1>Bad Gateway</h1>" });
    expect((await fetch(`${box.url}/events`)).status).toBe(502);
    const socket = ask("/socket", UPGRADE);
    await eventually("its answer", () => socket.text().includes("Bad Gateway"));
    expect([open.size, box.struck]).toEqual([0, 2]);
  });

  it("acknowledges everything for clients that have gone", async () => {
    await under({ kind: "acknowledge" });
    const lines = [ask("/events"), ask("/socket", UPGRADE)];
    await eventually("both are open", () => open.size === 2);
    for (const { socket } of lines) socket.destroy();
    for (const each of [...open]) each.write("z".repeat(100_000));
    await eventually("the server has got rid of it", () =>
      [...open].every((each) => each.writableLength === 0),
    );
    expect(open.size).toBe(2);
  });
});
