import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What a cache on the way gets right: each alone must keep one tenant's answers from another.
 * `cache-control`: stores nothing private, but knows an answer by its URL alone, as a CDN does ·
 * `vary`: stores everything, but knows an answer by what `Vary` names, too.
 */
export type CacheHabit = "cache-control" | "vary";

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** The request's headers that `Vary` names. */
  readonly varied: string;
}

export interface CachingProxy {
  readonly url: string;
  /** Requests answered from what was stored. */
  readonly hits: () => number;
  close(): Promise<void>;
}

/** A shared cache in front of a server: a stored GET answer is served again without asking. */
export async function startCachingProxy(port: number, habit: CacheHabit): Promise<CachingProxy> {
  const stored = new Map<string, Answer[]>();
  let hits = 0;
  const server = createServer((request, response) => {
    const url = request.url ?? "/";
    const known = stored
      .get(url)
      ?.find(({ headers, varied }) => habit === "cache-control" || varied === variedBy(headers, request));
    if (known !== undefined) {
      hits += 1;
      response.writeHead(known.status, known.headers).end(known.body);
      return;
    }
    ask(port, request).then(
      (answer) => {
        if (mayStore(answer, habit)) stored.set(url, [...(stored.get(url) ?? []), answer]);
        response.writeHead(answer.status, answer.headers).end(answer.body);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: () => hits,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ask(port: number, { url, headers }: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ port, host: "127.0.0.1", path: url, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const { connection: _1, "transfer-encoding": _2, ...kept } = answer.headers;
        const varied = variedBy(kept, { headers });
        resolve({ status: answer.statusCode ?? 0, headers: kept, body: Buffer.concat(chunks), varied });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** RFC 9111, 5.2.2: a shared cache must not store what is `private` or `no-store`. */
function mayStore({ headers }: Answer, habit: CacheHabit): boolean {
  return habit === "vary" || !/\b(?:private|no-store)\b/.test(headers["cache-control"] ?? "");
}

/** RFC 9111, 4.1: a stored answer fits a request whose named headers are the same. */
function variedBy({ vary = "" }: OutgoingHttpHeaders, { headers }: Pick<IncomingMessage, "headers">): string {
  const names = vary
    .toLowerCase()
    .split(/, */)
    .filter((name) => name !== "");
  return JSON.stringify([...new Set(names)].sort().map((name) => [name, headers[name] ?? ""]));
}
