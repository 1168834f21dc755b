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

/** Sends it; a connection that ends without an answer is an answer too, silence for a minute is an error. */
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
        response.on("data", (chunk: Buffer) => {
          if (bytes < BODY_KEPT_BYTES) chunks.push(chunk);
          bytes += chunk.length;
        });
        response.on("error", none);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? null,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on("error", none);
    sent.on("timeout", () => {
      sent.destroy();
      reject(new Error(`no answer for ${ANSWER_MS} ms: ${asked.method} ${asked.path}`));
    });
    sent.end(body ?? undefined);
  });
}
