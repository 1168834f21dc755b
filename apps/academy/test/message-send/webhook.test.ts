import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMailServer } from "@statusplane/test-support";
import { SmtpProvider } from "../../src/jobs/message-send/smtp-provider.ts";
import {
  isAllowedWebhook,
  isPublicAddress,
  WebhookProvider,
} from "../../src/jobs/message-send/webhook-provider.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const MESSAGE = { id: "job.1.mark", address: "01012345678", subject: "제목", text: "안녕" };

let folder: string;
let cert: string;
let key: string;
let server: Server;
let port: number;
const asked: { readonly url: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[] =
  [];
let answer: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "statusplane-webhook-"));
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  execFileSync(
    "openssl",
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-keyout", keyPath, "-out", certPath, ...subject],
    ],
    { stdio: "ignore" },
  );
  [key, cert] = [readFileSync(keyPath, "utf8"), readFileSync(certPath, "utf8")];
  server = createServer({ key, cert }, (request, response) => {
    void text(request).then((body) => {
      asked.push({ url: request.url ?? "", headers: request.headers, body });
      answer(response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo); // it listens
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const provider = (host = "localhost", more: object = {}) =>
  new WebhookProvider({
    url: `https://${host}:${port}/hook`,
    secret: SECRET,
    ca: cert,
    mayConnect: () => true,
    timeoutMs: 2_000,
    ...more,
  });

describe("a webhook", () => {
  it("is signed as Standard Webhooks has it, under an id that stays the same", async () => {
    answer = (response) => response.end("ok");
    expect(await provider().handOver(MESSAGE)).toEqual({ outcome: "sent" });
    const { headers, body, url } = asked.at(-1) ?? { headers: {}, body: "", url: "" };
    expect(url).toBe("/hook");
    expect(JSON.parse(body)).toMatchObject({
      type: "message.send",
      data: { to: "01012345678", subject: "제목", text: "안녕" },
    });
    expect(headers["webhook-id"]).toBe("job.1.mark");
    const signed = `job.1.mark.${String(headers["webhook-timestamp"])}.${body}`;
    const hmac = createHmac("sha256", Buffer.alloc(32, 7)).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${hmac}`);
  });

  it("tells by its answer what became of the message, and follows no redirect", async () => {
    const status = (code: number, headers: Record<string, string> = {}) => {
      answer = (response) => response.writeHead(code, headers).end();
      return provider().handOver(MESSAGE);
    };
    expect(await status(204)).toEqual({ outcome: "sent" });
    expect(await status(400)).toMatchObject({ outcome: "refused", permanent: true, reason: "refused" });
    expect(await status(429, { "retry-after": "7" })).toMatchObject({
      outcome: "refused",
      permanent: false,
      retryAfterMs: 7_000,
    });
    expect(await status(503)).toMatchObject({ outcome: "refused", permanent: false });
    expect(await status(500)).toMatchObject({ outcome: "uncertain" });
    expect(await status(504)).toMatchObject({ outcome: "uncertain" });
    const before = asked.length;
    expect(await status(302, { location: "/other" })).toMatchObject({
      outcome: "refused",
      permanent: true,
      reason: "redirected",
    });
    expect(asked).toHaveLength(before + 1);
    answer = (_, request) => request.socket.destroy();
    expect(await provider().handOver(MESSAGE)).toMatchObject({ outcome: "uncertain", reason: "no_answer" });
    answer = () => undefined;
    expect(await provider("localhost", { timeoutMs: 100 }).handOver(MESSAGE)).toMatchObject({
      outcome: "uncertain",
    });
    expect(
      await new WebhookProvider({
        url: "https://localhost:1/",
        secret: SECRET,
        mayConnect: () => true,
      }).handOver(MESSAGE),
    ).toMatchObject({
      outcome: "refused",
      permanent: false,
      reason: "provider_unreachable",
    });
    expect(await provider("localhost", { ca: undefined }).handOver(MESSAGE)).toMatchObject({
      outcome: "refused",
      reason: "provider_unreachable",
    });
  });

  it("connects to public addresses alone, by name and written as such", async () => {
    const before = asked.length;
    for (const host of ["localhost", "127.0.0.1"]) {
      const refused = await provider(host, { mayConnect: isPublicAddress }).handOver(MESSAGE);
      expect(refused).toMatchObject({ outcome: "refused", permanent: true, reason: "address_not_public" });
    }
    expect(asked).toHaveLength(before);
    const own = [
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "127.9.9.9",
      "169.254.169.254",
      "172.31.0.1",
      "192.168.1.1",
      "224.0.0.1",
    ];
    const own6 = [
      "::1",
      "::",
      "fe80::1%eth0",
      "fd00::1",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "ff02::1",
    ];
    for (const address of [...own, ...own6, "not one", ""])
      expect(isPublicAddress(address), address).toBe(false);
    for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1111"])
      expect(isPublicAddress(address), address).toBe(true);
  });

  it("goes to https and hosts that are listed alone", () => {
    const hosts = ["gw.example.com", "other.example.com:8443"];
    expect(isAllowedWebhook("https://gw.example.com/x", hosts)).toBe(true);
    expect(isAllowedWebhook("https://other.example.com:8443/", hosts)).toBe(true);
    for (const url of [
      ...[
        "http://gw.example.com/",
        "https://gw.example.com.evil.example/",
        "https://evil@gw.example.com/",
        "https://gw.example.com:8443/",
      ],
      ...["https://other.example.com/", "https://127.0.0.1/", "file:///etc/passwd", "gw.example.com", ""],
    ])
      expect(isAllowedWebhook(url, hosts), url).toBe(false);
  });
});

describe("e-mail over TLS", () => {
  it("signs in, keeps its connection, and sends nothing to a server that it cannot trust", async () => {
    const account = { user: "academy", password: "p@ss/word" };
    const mail = await startMailServer({ tls: { cert, key, required: true }, account });
    const url = `smtp://academy:${encodeURIComponent(account.password)}@localhost:${mail.port}?tls=required`;
    const message = {
      id: "j.1.m",
      address: "a@example.com",
      subject: "가\r\nBcc: x@example.com",
      text: "나\n.\n..",
    };
    const untrusting = new SmtpProvider({ url, from: "me@example.com" });
    expect(await untrusting.handOver(message)).toMatchObject({ outcome: "refused", permanent: false });
    expect(mail.mails).toEqual([]);
    const trusting = new SmtpProvider({ url, from: "me@example.com", ca: cert });
    const before = mail.connections;
    for (let n = 0; n < 4; n++) expect(await trusting.handOver(message)).toEqual({ outcome: "sent" });
    expect(mail.connections - before).toBe(1);
    expect(mail.mails).toHaveLength(4);
    expect((mail.mails[0]?.source ?? "").split("\r\n\r\n")[0]).not.toMatch(/^bcc/im);
    const wrong = new SmtpProvider({
      url: url.replace("academy:", "nobody:"),
      from: "me@example.com",
      ca: cert,
    });
    expect(await wrong.handOver(message)).toMatchObject({
      outcome: "refused",
      permanent: false,
      reason: "provider_sign_in",
    });
    for (const each of [trusting, untrusting, wrong]) each.close();
    await mail.stop();
  });
});
