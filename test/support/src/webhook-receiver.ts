import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Certificate } from "./certificate.ts";

/** Older or newer than that it may be a replay. */
const TOLERANCE_SECONDS = 300;

/** A request as it came, and whether its signature is right. */
export interface ReceivedWebhook {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly isVerified: boolean;
}

export interface WebhookReceiver {
  readonly port: number;
  readonly received: readonly ReceivedWebhook[];
  stop(): Promise<void>;
}

export interface WebhookReceiverOptions {
  readonly certificate: Pick<Certificate, "cert" | "key">;
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Default: an empty 200 to what is signed, 401 to what is not. */
  readonly answer?: (response: ServerResponse, request: IncomingMessage, received: ReceivedWebhook) => void;
}

/** A gateway that receives webhooks by HTTPS on a free port of the loopback, and verifies them as Standard Webhooks says. */
export async function startWebhookReceiver(options: WebhookReceiverOptions): Promise<WebhookReceiver> {
  const { certificate, secret, answer = byItsSignature } = options;
  const { cert, key } = certificate;
  const received: ReceivedWebhook[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    void text(request).then((body) => {
      const { url = "", headers } = request;
      const each = { url, headers, body, isVerified: verifyWebhook(secret, headers, body) };
      received.push(each);
      answer(response, request, each);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens
  return {
    port,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function byItsSignature(response: ServerResponse, _: IncomingMessage, { isVerified }: ReceivedWebhook): void {
  response.writeHead(isVerified ? 200 : 401).end();
}

/** What a receiver does by Standard Webhooks: any of the signatures, compared in constant time, at a time near now. */
export function verifyWebhook(
  secret: string,
  headers: IncomingHttpHeaders,
  body: string,
  nowSeconds = Date.now() / 1_000,
): boolean {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string") return false;
  if (!(Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const expected = createHmac("sha256", Buffer.from(secret.replace(/^whsec_/, ""), "base64"))
    .update(`${id}.${timestamp}.${body}`)
    .digest();
  return signatures.split(" ").some((each) => {
    const [version, signature = ""] = each.split(",");
    const given = Buffer.from(signature, "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
