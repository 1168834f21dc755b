import { asMembers, textOrNull, type ProblemBody } from "@statusplane/core/wire";
import { browserLanguage } from "./browser-language.ts";
import { callSafely } from "./call-safely.ts";
import { ClientError, type ClientErrorCode } from "./client-error.ts";
import type { Environment, Socket } from "./environment.ts";
import type { ClientOptions, RequestOptions } from "./statusplane-client.ts";

const DEADLINE_MS = 10_000;
/** A server that asks for more than this is not believed. */
const MAX_ASKED_WAIT_MS = 300_000;

const SENTENCES = {
  network_error: { ko: "서버에 연결할 수 없습니다.", en: "The server cannot be reached." },
  deadline_exceeded: { ko: "서버가 응답하지 않습니다.", en: "The server does not answer in time." },
  unexpected_answer: {
    ko: "서버의 응답을 이해할 수 없습니다.",
    en: "The server sent an unexpected response.",
  },
  client_closed: { ko: "연결이 종료되었습니다.", en: "The client was closed." },
  gone: { ko: "작업을 찾을 수 없습니다.", en: "There is no such job." },
  wait_timeout: {
    ko: "기다리는 동안 작업이 끝나지 않았습니다.",
    en: "The job has not ended in the time that was given.",
  },
  no_record: {
    ko: "이 작업의 기록은 이곳에 없습니다.",
    en: "There is no record of this job here.",
  },
} as const satisfies Record<ClientErrorCode, Record<"ko" | "en", string>>;

/** As for the page's requests, and where to. */
interface SendOptions extends RequestOptions {
  /** Before the path. Default: the client's. */
  readonly baseUrl?: string | undefined;
}

interface Bounds {
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** Signs requests, bounds them by a deadline, and turns every failure into a {@link ClientError}. */
export class Sender {
  readonly environment: Environment;
  readonly #options: ClientOptions;
  readonly #closed = new AbortController();
  #isUnauthenticated = false;
  /** The server's clock less this tab's. */
  #clockOffsetMs: number | null = null;

  constructor(options: ClientOptions, environment: Environment) {
    this.#options = options;
    this.environment = environment;
  }

  /** Whether the last answer was that nobody is signed in. */
  get isUnauthenticated(): boolean {
    return this.#isUnauthenticated;
  }

  get language(): "ko" | "en" {
    return this.#options.language?.() ?? browserLanguage();
  }

  /** @throws {ClientError} for every answer but 2xx, and for none. */
  request(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.send(path, options, async (response) => {
      if (!response.ok) throw await this.errorOf(response);
      return response;
    });
  }

  /** As {@link request}, with the body read as JSON before the deadline. */
  json(path: string, options: SendOptions = {}): Promise<unknown> {
    return this.send(path, options, async (response) => {
      if (!response.ok) throw await this.errorOf(response);
      return this.bodyOf(response);
    });
  }

  /**
   * As {@link json}, and checked: `unexpected_answer` for a body of which `check` makes null.
   * @throws {ClientError}
   */
  async read<T>(path: string, check: (body: unknown) => T | null): Promise<T> {
    return this.checked(await this.json(path), check);
  }

  /** What `check` makes of a body. @throws {ClientError} `unexpected_answer` when it makes null of it. */
  checked<T>(body: unknown, check: (body: unknown) => T | null): T {
    const checked = check(body);
    if (checked === null) throw this.failure("unexpected_answer");
    return checked;
  }

  /**
   * Sends, and reads the answer by `read` before the deadline.
   * @throws {ClientError} when there is no answer; the caller's abort reason as it is; what `read` throws.
   */
  async send<T>(path: string, options: SendOptions, read: (response: Response) => Promise<T>): Promise<T> {
    const { deadlineMs, headers, signal, baseUrl, ...init } = options;
    const url = this.url(path, baseUrl);
    return this.within({ deadlineMs, signal }, async (aborted) => {
      const signed = { ...(await this.signature()), ...headers };
      aborted.throwIfAborted();
      const send = this.#options.fetch ?? ((target, request) => fetch(target, request));
      const response = await send(url, { ...init, headers: signed, signal: aborted });
      aborted.throwIfAborted(); // an answer after the deadline is no answer
      this.noteStatus(response.status);
      this.#noteDate(response.headers);
      return read(response);
    });
  }

  /**
   * Does something that ends when the deadline is over, the caller aborts or the client closes, even if it ignores
   * its signal.
   * @throws {ClientError} whatever `work` throws, and at the deadline; the caller's abort reason as it is.
   */
  async within<T>(
    { deadlineMs = DEADLINE_MS, signal }: Bounds,
    work: (aborted: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const abort = new AbortController();
    const release = this.#abortWith(abort, signal ?? undefined, deadlineMs);
    try {
      return await Promise.race([work(abort.signal), rejectionOf(abort.signal)]);
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      if (error instanceof ClientError) throw error;
      throw this.failure("network_error", error);
    } finally {
      release();
    }
  }

  /** @throws {TypeError} for a path that could leave the server's origin with a token. */
  url(path: string, baseUrl = this.#options.baseUrl ?? ""): string {
    if (!/^\/(?![/\\])/.test(path)) throw new TypeError(`not a path of the server: ${path}`);
    return baseUrl + path;
  }

  /** Opens a WebSocket of the server. @throws {TypeError} where there are none. */
  openSocket(path: string, protocols: readonly string[]): Socket {
    const { openSocket } = this.environment;
    if (openSocket === undefined) throw new TypeError("no WebSocket here");
    return openSocket(this.url(path), protocols);
  }

  /** The page's newest token; null: nobody is signed in. */
  async token(): Promise<string | null> {
    return this.#options.getToken();
  }

  /** The server's clock in Unix ms, as its last answer told it; null before the first. */
  serverNowMs(): number | null {
    return this.#clockOffsetMs === null ? null : this.environment.now() + this.#clockOffsetMs;
  }

  /** The headers that sign a request and choose the language of its errors. */
  async signature(): Promise<Record<string, string>> {
    const token = await this.token();
    const language = { "Accept-Language": this.language };
    return token === null ? language : { ...language, Authorization: `Bearer ${token}` };
  }

  /** Tells the page once per streak that nobody is signed in. */
  noteStatus(status: number): void {
    const wasUnauthenticated = this.#isUnauthenticated;
    this.#isUnauthenticated = status === 401;
    const { onUnauthenticated } = this.#options;
    if (this.#isUnauthenticated && !wasUnauthenticated && onUnauthenticated) callSafely(onUnauthenticated);
  }

  failure(code: ClientErrorCode, cause?: unknown): ClientError {
    return new ClientError({ status: 0, code, detail: SENTENCES[code][this.language], cause });
  }

  /** @throws {ClientError} `unexpected_answer` when the body is not JSON. */
  async bodyOf(response: Response): Promise<unknown> {
    try {
      return await response.json();
    } catch (cause) {
      throw this.failure("unexpected_answer", cause);
    }
  }

  /** The problem that a non-2xx answer tells. */
  async errorOf(response: Response): Promise<ClientError> {
    // A proxy's page instead of a problem is no failure of its own: the status says enough.
    const text = await response.text().catch(() => "");
    return this.problem(response.status, text, readRetryAfterMs(response.headers));
  }

  problem(status: number, text: string, retryAfterMs: number | undefined): ClientError {
    const members = asMembers(parseOrNull(text)) as Partial<Record<keyof ProblemBody, unknown>>;
    const detail = textOrNull(members.detail);
    return new ClientError({
      status,
      // Some servers say `detail` alone.
      code: textOrNull(members.code) ?? (detail === null ? "unexpected_answer" : `http_${status}`),
      detail: detail ?? SENTENCES.unexpected_answer[this.language],
      retryAfterMs,
    });
  }

  /**
   * The JSON body of an answer that came as text.
   * @throws {ClientError} for every status but 2xx, and when it is not JSON.
   */
  bodyOfText(status: number, text: string, headers: Headers): unknown {
    this.noteStatus(status);
    if (status < 200 || status >= 300) throw this.problem(status, text, readRetryAfterMs(headers));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw this.failure("unexpected_answer", cause);
    }
  }

  /** Calls back when the client closes; the answer ends that. */
  onClose(listener: () => void): () => void {
    if (this.#closed.signal.aborted) queueMicrotask(listener);
    this.#closed.signal.addEventListener("abort", listener);
    return () => this.#closed.signal.removeEventListener("abort", listener);
  }

  close(): void {
    this.#closed.abort(this.failure("client_closed"));
  }

  #noteDate(headers: Headers): void {
    const dateMs = readDateMs(headers);
    if (dateMs !== null) this.#clockOffsetMs = dateMs - this.environment.now();
  }

  /** Aborts when the client closes, the caller aborts, or the deadline is over; the answer ends all but the caller's. */
  #abortWith(abort: AbortController, signal: AbortSignal | undefined, deadlineMs: number): () => void {
    const closed = this.#closed.signal;
    const onClose = () => abort.abort(closed.reason);
    const onAbort = () => abort.abort(signal?.reason);
    if (closed.aborted) onClose();
    else closed.addEventListener("abort", onClose);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    const cancel =
      deadlineMs > 0
        ? this.environment.setTimer(() => abort.abort(this.failure("deadline_exceeded")), deadlineMs)
        : undefined;
    return () => {
      cancel?.();
      closed.removeEventListener("abort", onClose);
    };
  }
}

/** `Retry-After` as seconds or date, in ms; undefined where there is none that means anything. */
function readRetryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("Retry-After");
  if (text === null) return undefined;
  const waitMs = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - (readDateMs(headers) ?? Date.now());
  return Number.isFinite(waitMs) ? Math.min(MAX_ASKED_WAIT_MS, Math.max(0, waitMs)) : undefined;
}

/** `Poll-After-Ms`: how long the server wants the next poll to wait; 0 where it does not say. */
export function readPollAfterMs(headers: Headers): number {
  const waitMs = Number(headers.get("Poll-After-Ms"));
  return Number.isFinite(waitMs) ? Math.min(MAX_ASKED_WAIT_MS, Math.max(0, waitMs)) : 0;
}

/** The answer's `Date` in Unix ms: the server's clock. */
export function readDateMs(headers: Headers): number | null {
  const dateMs = Date.parse(headers.get("Date") ?? "");
  return Number.isNaN(dateMs) ? null : dateMs;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a proxy's page: the status says enough
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}
