import { Agent, get } from "node:http";

const ANSWER_WITHIN_MS = 30_000;

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly etag: string | null;
  /** Seconds; null: the answer names none. */
  readonly retryAfter: number | null;
  readonly text: string;
}

const NO_ANSWER: Answer = { status: 0, etag: null, retryAfter: null, text: "" };

/** One watcher's own connection, kept alive between its requests. */
export class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  readonly #authorization: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#authorization = `Bearer ${token}`;
  }

  /** Never rejects. */
  get(path: string, etag: string | null): Promise<Answer> {
    const headers = {
      authorization: this.#authorization,
      ...(etag === null ? {} : { "if-none-match": etag }),
    };
    return new Promise((resolve) => {
      const request = get(
        this.#url + path,
        { agent: this.#agent, headers, timeout: ANSWER_WITHIN_MS },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (part: string) => (text += part));
          response.on("error", () => resolve(NO_ANSWER));
          response.on("end", () => {
            const { etag: newEtag = null, "retry-after": retryAfter } = response.headers;
            const status = response.statusCode ?? 0;
            resolve({
              status,
              etag: newEtag,
              retryAfter: retryAfter === undefined ? null : Number(retryAfter),
              text,
            });
          });
        },
      );
      request.on("timeout", () => request.destroy());
      request.on("error", () => resolve(NO_ANSWER)); // refused, cut or too late: the watcher counts it
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
