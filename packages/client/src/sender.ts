import { asMembers, textOrNull, type ProblemBody } from "@statusplane/core/wire";
import { browserLanguage, type Language } from "./browser-language.ts";
import { callSafely } from "./call-safely.ts";
import { ClientError, type ClientErrorCode } from "./client-error.ts";
import { listen } from "./listening.ts";
import { readDateMs, readRetryAfterMs } from "./answer-headers.ts";
import type { Environment } from "./environment.ts";
import type { RequestOptions, WatcherOptions } from "./statusplane-client.ts";
import type { SentenceOf } from "./sentences.ts";

const DEADLINE_MS = 10_000;

/** As for the page's requests, and where to. */
export interface SendOptions extends RequestOptions {
  /** Before the path. Default: the client's. */
  readonly baseUrl?: string | undefined;
}

interface Bounds {
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** An answer that says no, as far as it is needed to tell why. */
interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** Its JSON; anything else says no more than the status. */
  readonly body?: unknown;
}

/** Signs requests, bounds them by a deadline, and turns every failure into a {@link ClientError}. */
export interface Sender {
  readonly environment: Environment;
  readonly language: Language;
  /** Whether the last answer was that nobody is signed in. */
  readonly isUnauthenticated: boolean;
  /** The page's newest token; null: nobody is signed in. */
  token(): Promise<string | null>;
  /** The headers that sign a request and choose the language of its errors. */
  signature(): Promise<Record<string, string>>;
  /** An address of the server. The path is one of the platform's own, or checked by whoever takes it from the page. */
  url(path: string, baseUrl?: string): string;
  /**
   * Sends, and reads a 2xx or 304 by `read` before the deadline.
   * @throws {ClientError} when there is no answer, or another; the caller's abort reason as it is; what `read` throws.
   */
  send<T>(path: string, options: SendOptions, read: (response: Response) => T | Promise<T>): Promise<T>;
  /**
   * Does something that ends when the deadline is over, the caller aborts or the client closes, even if it ignores
   * its signal.
   * @throws {ClientError} whatever `work` throws, and at the deadline; the caller's abort reason as it is.
   */
  within<T>(bounds: Bounds, work: (aborted: AbortSignal) => Promise<T>): Promise<T>;
  /** What `check` makes of a body. @throws {ClientError} `unexpected_answer` when it makes null of it. */
  checked<T>(body: unknown, check: (body: unknown) => T | null): T;
  /** The JSON of an answer. @throws {ClientError} `unexpected_answer` when it is none. */
  bodyOf(response: { json(): Promise<unknown> }): Promise<unknown>;
  /** The server's clock in Unix ms, as its last answer told it; null before the first. */
  serverNowMs(): number | null;
  /** Tells the page once per streak that nobody is signed in. */
  noteStatus(status: number): void;
  failure(code: ClientErrorCode, cause?: unknown): ClientError;
  /** The problem that an answer tells. */
  problem(refusal: Refusal): ClientError;
  /** Calls back when the client closes; the answer ends that. */
  onClose(listener: () => void): () => void;
  close(): void;
}

/** @param sentenceOf what people see of a failure. Default: the code's words. */
export function createSender(
  options: WatcherOptions,
  environment: Environment,
  sentenceOf: SentenceOf = (code) => code.replaceAll("_", " "),
): Sender {
  const closing = new AbortController();
  const closed = closing.signal;
  let isUnauthenticated = false;
  /** The server's clock less this tab's. */
  let clockOffsetMs: number | null = null;

  const sender: Sender = {
    environment,
    get language() {
      return options.language?.() ?? browserLanguage();
    },
    get isUnauthenticated() {
      return isUnauthenticated;
    },
    token: async () => options.getToken(),
    async signature() {
      const token = await sender.token();
      const language = { "Accept-Language": sender.language };
      return token === null ? language : { ...language, Authorization: `Bearer ${token}` };
    },
    url: (path, baseUrl = options.baseUrl ?? "") => baseUrl + path,
    async send(path, { deadlineMs, headers, signal, baseUrl, ...init }, read) {
      const url = sender.url(path, baseUrl);
      return sender.within({ deadlineMs, signal }, async (aborted) => {
        const signed = { ...(await sender.signature()), ...headers };
        aborted.throwIfAborted();
        const send = options.fetch ?? ((target, request) => fetch(target, request));
        const response = await send(url, { ...init, headers: signed, signal: aborted });
        aborted.throwIfAborted(); // an answer after the deadline is no answer
        sender.noteStatus(response.status);
        const dateMs = readDateMs(response.headers);
        if (dateMs !== null) clockOffsetMs = dateMs - environment.now();
        if (!response.ok && response.status !== 304) {
          const { status, headers } = response;
          // A proxy's page instead of a problem is no failure of its own: the status says enough.
          throw sender.problem({ status, headers, body: await response.json().catch(() => null) });
        }
        return read(response);
      });
    },
    async within({ deadlineMs = DEADLINE_MS, signal }, work) {
      const abort = new AbortController();
      const ends: (() => void)[] = [];
      const over = new Promise<never>((_, reject) => {
        const end = (reason: unknown): void => {
          abort.abort(reason);
          reject(reason);
        };
        // The caller's goes on: it may abort a body that is still read.
        if (signal) whenAborted(signal, () => end(signal.reason));
        ends.push(whenAborted(closed, () => end(closed.reason)));
        if (deadlineMs > 0) {
          ends.push(environment.setTimer(() => end(sender.failure("deadline_exceeded")), deadlineMs));
        }
      });
      try {
        return await Promise.race([work(abort.signal), over]);
      } catch (error) {
        if (abort.signal.aborted) throw abort.signal.reason;
        throw error instanceof ClientError ? error : sender.failure("network_error", error);
      } finally {
        for (const end of ends) end();
      }
    },
    checked(body, check) {
      const checked = check(body);
      if (checked === null) throw sender.failure("unexpected_answer");
      return checked;
    },
    bodyOf: (response) =>
      response.json().catch((cause: unknown) => {
        throw sender.failure("unexpected_answer", cause);
      }),
    serverNowMs: () => (clockOffsetMs === null ? null : environment.now() + clockOffsetMs),
    noteStatus(status) {
      const wasUnauthenticated = isUnauthenticated;
      isUnauthenticated = status === 401;
      const { onUnauthenticated } = options;
      if (isUnauthenticated && !wasUnauthenticated && onUnauthenticated) callSafely(onUnauthenticated);
    },
    failure: (code, cause) =>
      new ClientError({ status: 0, code, detail: sentenceOf(code, sender.language), cause }),
    problem({ status, headers, body }) {
      const members = asMembers(body) as Partial<Record<keyof ProblemBody, unknown>>;
      const detail = textOrNull(members.detail);
      return new ClientError({
        status,
        // Some servers say `detail` alone.
        code: textOrNull(members.code) ?? (detail === null ? "unexpected_answer" : `http_${status}`),
        detail: detail ?? sentenceOf("unexpected_answer", sender.language),
        retryAfterMs: readRetryAfterMs(headers),
      });
    },
    onClose: (listener) => whenAborted(closed, listener),
    close: () => closing.abort(sender.failure("client_closed")),
  };

  return sender;
}

/** Calls back when the signal is aborted, soon if it is already; the answer ends that. */
function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) queueMicrotask(listener);
  return listen([[signal, "abort"]], listener);
}
