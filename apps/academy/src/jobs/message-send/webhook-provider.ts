import { createHmac } from "node:crypto";
import { lookup as lookUpName, type LookupAddress } from "node:dns";
import { request } from "node:https";
import { BlockList, isIP, type LookupFunction, type Socket } from "node:net";
import type { HandOver, MessageProvider, OutgoingMessage } from "./provider.ts";

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and base64, as Standard Webhooks writes it. */
  readonly secret: string;
  /** How long the receiver may take to answer, ms. Default 15,000. */
  readonly timeoutMs?: number;
  /** Whether an address may be connected to. Default {@link isPublicAddress}. */
  readonly mayConnect?: (address: string) => boolean;
  /** Certificates beside the machine's own, PEM. */
  readonly ca?: string;
}

const TIMEOUT_MS = 15_000;
/** Of an answer no more is read. */
const ANSWER_MAX_BYTES = 2_048;

const NOT_PUBLIC = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, "ipv4");
/** Of IPv6 only global unicast is anybody's; of that not what carries an IPv4 address within it. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet("2000::", 3, "ipv6");
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
] as const)
  NOT_PUBLIC.addSubnet(network, bits, "ipv6");

/** Without the zone, and an IPv4 address as such where it is written within IPv6. */
const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "").replace(/%.*$/, "");

/** Whether an address is of the public internet: not loopback, private, link-local, or reserved. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address);
  const family = isIP(plain);
  if (family === 4) return !NOT_PUBLIC.check(plain, "ipv4");
  return family === 6 && GLOBAL.check(plain, "ipv6") && !NOT_PUBLIC.check(plain, "ipv6");
}

/** Whether a webhook may be sent there at all, before any name is resolved: https, a host that is listed, no credentials. */
export function isAllowedWebhook(url: string, allowedHosts: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, username, password } = new URL(url); // host: with its port where that is not 443
  return protocol === "https:" && username === "" && password === "" && allowedHosts.includes(host);
}

/** Which addresses may be connected to: public ones, and those that the operator has listed as addresses, whatever they are. */
export function connectable(allowedHosts: readonly string[]): (address: string) => boolean {
  const listed = new Set(
    allowedHosts.map((host) => host.replace(/:\d+$/, "")).filter((host) => isIP(host) !== 0),
  );
  return (address) => listed.has(plainAddress(address)) || isPublicAddress(address);
}

class ForbiddenAddress extends Error {
  constructor(address: string) {
    super(`the webhook's host has the address ${address}, which is neither public nor listed`);
  }
}

/**
 * A signed webhook as Standard Webhooks has it, a request per message: how gateways of text messages and messengers are
 * reached. Its address is checked as it is connected to, so that no answer of DNS leads into the own network; redirects are
 * not followed.
 */
export class WebhookProvider implements MessageProvider {
  readonly name = "webhook";
  readonly #options: Required<Omit<WebhookOptions, "ca">> & Pick<WebhookOptions, "ca">;

  constructor(options: WebhookOptions) {
    this.#options = { timeoutMs: TIMEOUT_MS, mayConnect: isPublicAddress, ...options };
  }

  handOver(message: OutgoingMessage): Promise<HandOver> {
    const { id, address, subject, text } = message;
    const data = { id, to: address, ...(subject === "" ? {} : { subject }), text };
    const body = JSON.stringify({ type: "message.send", timestamp: new Date().toISOString(), data });
    return this.#post(id, body);
  }

  close(): void {
    // a connection per message: none is kept
  }

  #post(id: string, body: string): Promise<HandOver> {
    const { url, secret, timeoutMs, ca } = this.#options;
    const seconds = String(Math.floor(Date.now() / 1_000));
    let isConnected = false;
    return new Promise((resolve) => {
      const failed = (error: Error): void => resolve(failureOf(error, isConnected));
      const outgoing = request(url, {
        method: "POST",
        agent: false,
        lookup: this.#lookup,
        ...(ca === undefined ? {} : { ca }),
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "webhook-id": id,
          "webhook-timestamp": seconds,
          "webhook-signature": `v1,${signatureOf(secret, `${id}.${seconds}.${body}`)}`,
        },
      });
      const timer = setTimeout(() => outgoing.destroy(new Error("no answer in time")), timeoutMs);
      outgoing.once("close", () => clearTimeout(timer));
      outgoing.once("error", failed);
      outgoing.once("socket", (socket: Socket) => {
        socket.once("connect", () => this.#checkConnected(socket, outgoing));
        socket.once("secureConnect", () => {
          if (outgoing.destroyed) return;
          isConnected = true;
          outgoing.end(body); // not before: what is not connected has certainly not got it
        });
      });
      outgoing.once("response", (answer) => {
        let bytes = 0;
        answer.on("data", (chunk: Buffer) => {
          bytes += chunk.byteLength;
          if (bytes > ANSWER_MAX_BYTES) answer.destroy();
        });
        answer.once("error", () => undefined); // the status has said all
        resolve(answerOf(answer.statusCode ?? 0, answer.headers["retry-after"]));
      });
    });
  }

  /** An address written as such is never looked up. */
  #checkConnected(socket: Socket, outgoing: { destroy(error: Error): unknown }): void {
    const { remoteAddress = "" } = socket;
    if (!this.#options.mayConnect(remoteAddress)) outgoing.destroy(new ForbiddenAddress(remoteAddress));
  }

  readonly #lookup: LookupFunction = (hostname, options, answer) => {
    lookUpName(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return answer(error, "", 4);
      const addresses: readonly LookupAddress[] = found;
      const refused = addresses.find(({ address }) => !this.#options.mayConnect(address));
      const [first] = addresses;
      if (refused !== undefined || first === undefined)
        return answer(new ForbiddenAddress(refused?.address ?? "none"), "", 4);
      if (options.all === true) return answer(null, [...addresses]);
      return answer(null, first.address, first.family);
    });
  };
}

function signatureOf(secret: string, content: string): string {
  return createHmac("sha256", Buffer.from(secret.replace(/^whsec_/, ""), "base64"))
    .update(content)
    .digest("base64");
}

function failureOf(error: Error, isConnected: boolean): HandOver {
  if (error instanceof ForbiddenAddress)
    return { outcome: "refused", permanent: true, reason: "address_not_public", detail: error.message };
  if (isConnected) return { outcome: "uncertain", reason: "no_answer", detail: error.message };
  return { outcome: "refused", permanent: false, reason: "provider_unreachable", detail: error.message };
}

/**
 * 2xx: it has it. 429 and 503 say that it did nothing; what else a server or a gateway before it fails with may have come
 * after the message went on.
 */
function answerOf(status: number, retryAfter: string | undefined): HandOver {
  const detail = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { outcome: "sent" };
  if (status === 429 || status === 503) {
    const seconds = Number(retryAfter);
    const wait =
      Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 3_600) * 1_000 } : {};
    return { outcome: "refused", permanent: false, reason: "refused_for_now", detail, ...wait };
  }
  if (status >= 500 || status === 408) return { outcome: "uncertain", reason: "provider_failed", detail };
  return { outcome: "refused", permanent: true, reason: status >= 400 ? "refused" : "redirected", detail };
}
