import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  makeCertificate,
  startMailServer,
  startWebhookReceiver,
  verifyWebhook,
  type Certificate,
  type ReceivedWebhook,
  type WebhookReceiver,
} from "@statusplane/test-support";
import { SmtpProvider } from "../../src/jobs/message-send/smtp-provider.ts";
import {
  connectable,
  isAllowedWebhook,
  isPublicAddress,
  WebhookProvider,
} from "../../src/jobs/message-send/webhook-provider.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const MESSAGE = { id: "job.1.mark", address: "01012345678", subject: "제목", text: "안녕" };

let certificate: Certificate;
let cert: string;
let key: string;
let receiver: WebhookReceiver;
let port: number;
let asked: readonly ReceivedWebhook[];
let answer: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end();

beforeAll(async () => {
  certificate = makeCertificate();
  ({ cert, key } = certificate);
  receiver = await startWebhookReceiver({
    certificate,
    secret: SECRET,
    answer: (response, request) => answer(response, request),
  });
  ({ port, received: asked } = receiver);
});
afterAll(async () => {
  await receiver.stop();
  certificate[Symbol.dispose]();
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
    const last = asked.at(-1);
    expect(last).toMatchObject({ url: "/hook", headers: { "webhook-id": "job.1.mark" }, isVerified: true });
    expect(JSON.parse(last?.body ?? "")).toMatchObject({
      type: "message.send",
      data: { to: "01012345678", subject: "제목", text: "안녕" },
    });
    expect(
      await provider("localhost", { secret: `whsec_${"A".repeat(32)}` }).handOver(MESSAGE),
    ).toBeDefined();
    expect(asked.at(-1)).toMatchObject({ isVerified: false });
    // the pair that the standard's libraries are tested with
    const published = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    expect(verifyWebhook(secret, published, '{"test": 2432232314}', 1_614_265_330)).toBe(true);
    expect(verifyWebhook(secret, published, '{"test": 2432232315}', 1_614_265_330)).toBe(false);
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

  it.each([
    { host: "127.0.0.1", hosts: [], outcome: "refused" },
    { host: "localhost", hosts: [], outcome: "refused" },
    { host: "localhost", hosts: ["localhost", "gw.example.com"], outcome: "refused" },
    { host: "127.0.0.1", hosts: ["127.0.0.2", "10.0.0.1:8443"], outcome: "refused" },
    { host: "127.0.0.1", hosts: ["127.0.0.1:8443"], outcome: "sent" },
    { host: "localhost", hosts: ["localhost", "127.0.0.1"], outcome: "sent" },
  ])("to $host is $outcome as it connects, where $hosts are listed", async ({ host, hosts, outcome }) => {
    answer = (response) => response.end();
    const before = asked.length;
    // the machine's own names may lead to ::1, too
    const may = connectable(hosts);
    const mayConnect = (address: string): boolean => may(address === "::1" ? "127.0.0.1" : address);
    const told = await provider(host, { mayConnect }).handOver(MESSAGE);
    expect(told).toMatchObject(
      outcome === "sent" ? { outcome } : { outcome, permanent: true, reason: "address_not_public" },
    );
    expect(asked.length - before).toBe(outcome === "sent" ? 1 : 0);
  });

  it.each([
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.9.9.9", "169.254.169.254", "172.31.0.1", "192.168.1.1"],
    ...["224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1"],
    ...["::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "not one", ""],
  ])("does not connect to %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
    expect(connectable(["gw.example.com", "localhost"])(address)).toBe(false);
  });

  it.each(["8.8.8.8", "172.32.0.1", "2606:4700::1111"])("connects to %s", (address) => {
    expect(isPublicAddress(address)).toBe(true);
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
