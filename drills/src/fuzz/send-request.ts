import { request, type Agent } from "node:http";
import type { FuzzRequest } from "./make-request.ts";

export interface FuzzAnswer {
  /** Null: the connection ended without an answer. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

const BODY_KEPT_BYTES = 65_536;
const ANSWER_MS = 60_000;

/**
 * Sends it; a connection that ends without an answer is an answer too, silence for a minute is an error. A stream has
 * answered with its first event, and is left then.
 */
export function sendRequest(base: URL, agent: Agent, asked: FuzzRequest): Promise<FuzzAnswer> {
  return new Promise((resolve, reject) => {
    const none = (): void => resolve({ status: null, headers: {}, body: Buffer.alloc(0) });
    const body = asked.body;
    const sent = request(
      {
        host: base.hostname,
        port: base.port,
        agent,
        method: asked.method,
        path: asked.path,
        headers: { ...asked.headers, ...(body === null ? {} : { "content-length": body.length }) },
        timeout: ANSWER_MS,
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const { statusCode: status = null, headers } = response;
        const whole = (): void => resolve({ status, headers, body: Buffer.concat(chunks) });
        const isStream = headers["content-type"]?.startsWith("text/event-stream") === true;
        response.on("data", (chunk: Buffer) => {
          if (bytes < BODY_KEPT_BYTES) chunks.push(chunk);
          bytes += chunk.length;
          if (!isStream) return;
          whole();
          response.destroy();
        });
        response.on("error", none);
        response.on("end", whole);
      },
    );
    sent.on("upgrade", ({ statusCode: status = null, headers }, socket) => {
      socket.destroy();
      resolve({ status, headers, body: Buffer.alloc(0) });
    });
    sent.on("error", none);
    sent.on("timeout", () => {
      sent.destroy();
      reject(new Error(`no answer for ${ANSWER_MS} ms: ${asked.method} ${asked.path}`));
    });
    sent.end(body ?? undefined);
  });
}
