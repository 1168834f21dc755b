import { connect } from "node:net";
import type { Random } from "../random.ts";
import { hostileText } from "./hostile-values.ts";

const SILENCE_MS = 60_000;

/** Bytes that an HTTP client would not send. */
export function rawGarbage(path: string, token: string, random: Random): Buffer {
  const head = (lines: readonly string[]): string =>
    [
      `POST ${path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Connection: close",
      `Authorization: Bearer ${token}`,
      ...lines,
      "",
      "",
    ].join("\r\n");
  const texts = [
    hostileText(random) + "\r\n\r\n",
    `GET ${hostileText(random)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    `GET ${path} HTTP/9.9\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${"y".repeat(random.pick([10, 20_000]))}\r\nConnection: close\r\n\r\n`,
    head(["Transfer-Encoding: chunked", "Content-Type: application/json"]) + "zz\r\n{}\r\n0\r\n\r\n",
    head(["Transfer-Encoding: chunked", "Content-Length: 5", "Content-Type: application/json"]) +
      "5\r\nhello\r\n0\r\n\r\n",
    head(["Content-Length: -1"]) + "x",
    head(["Content-Length: 3", "Content-Length: 4", "Content-Type: application/json"]) + "{}  ",
    head(["Content-Length: 2", "Content-Type: application/json", "Expect: nonsense"]) + "{}",
    head(["Content-Length: 0", "Content-Type: multipart/form-data; boundary=\xff"]),
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03`,
  ];
  return Buffer.from(random.pick(texts), "latin1");
}

/** Sends the bytes and ends its side. @returns the status of the first answer; null: none came. */
export function sendRaw(base: URL, bytes: Buffer): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect({ host: base.hostname, port: Number(base.port) }, () => socket.end(bytes));
    socket.setEncoding("latin1");
    socket.setTimeout(SILENCE_MS, () => {
      socket.destroy();
      reject(
        new Error(
          `a connection stayed open and silent for ${SILENCE_MS} ms after ${JSON.stringify(bytes.toString("latin1").slice(0, 200))}`,
        ),
      );
    });
    socket.on("data", (text: string) => {
      if (heard.length < 100) heard += text;
    });
    socket.on("error", () => undefined); // what was answered before a reset counts; "close" follows
    socket.on("close", () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1];
      resolve(status === undefined ? null : Number(status));
    });
  });
}
