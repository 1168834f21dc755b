import { StatusplaneError, type ErrorCode } from "@statusplane/core";
import type { IncomingMessage } from "node:http";
import type { HttpLimits } from "./http-limits.ts";

/** A body that is arriving, and how fast it was lately. */
interface Arrival {
  readonly request: IncomingMessage;
  readonly isForm: boolean;
  readonly beganMs: number;
  readonly bytesBefore: number;
  bytes: number;
  movedMs: number;
  pace: { readonly sinceMs: number; readonly bytes: number };
}

/** Whether a request announced a body and its end has not come. A request without one is complete before it is parsed. */
export function isArriving({ complete, headers }: IncomingMessage): boolean {
  return (
    !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)
  );
}

/**
 * The bodies that are arriving. What takes too long, goes too slowly or is too much fails for whoever reads it, so that it
 * is answered like everything else. Bytes are the socket's: no body is touched for being watched.
 */
export class BodyArrivals {
  readonly #limits: HttpLimits;
  readonly #arrivals = new Map<IncomingMessage, Arrival>();

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  begin(request: IncomingMessage): void {
    const nowMs = performance.now();
    const bytes = request.socket.bytesRead;
    this.#arrivals.set(request, {
      request,
      isForm: /^multipart\//i.test(request.headers["content-type"] ?? ""),
      beganMs: nowMs,
      bytesBefore: bytes,
      bytes,
      movedMs: nowMs,
      pace: { sinceMs: nowMs, bytes },
    });
  }

  /** It was answered, or its connection is gone. */
  forget(request: IncomingMessage): void {
    this.#arrivals.delete(request);
  }

  /** Fails what is over its limits. */
  check(): void {
    const nowMs = performance.now();
    for (const arrival of this.#arrivals.values()) {
      const { request } = arrival;
      if (request.complete || request.destroyed) this.forget(request);
      else {
        const code = arrival.isForm ? this.#judgeForm(arrival, nowMs) : this.#judgeBody(arrival, nowMs);
        if (code !== null) failBody(request, code);
      }
    }
  }

  #judgeBody({ beganMs }: Arrival, nowMs: number): ErrorCode | null {
    return nowMs - beganMs >= this.#limits.bodyMs ? "request_timeout" : null;
  }

  #judgeForm(arrival: Arrival, nowMs: number): ErrorCode | null {
    const { uploadIdleMs, paceOverMs, slowestBytesPerSecond, formMaxBytes } = this.#limits;
    const { request, pace } = arrival;
    const bytes = request.socket.bytesRead;
    if (bytes - arrival.bytesBefore > formMaxBytes) return "body_too_large";
    const isOurs = request.readableLength > 0; // it has come and waits for a disk of ours
    if (bytes !== arrival.bytes || isOurs) Object.assign(arrival, { bytes, movedMs: nowMs });
    if (nowMs - arrival.movedMs >= uploadIdleMs) return "request_timeout";
    const seconds = (nowMs - pace.sinceMs) / 1_000;
    if (isOurs || seconds * 1_000 >= paceOverMs) {
      if (!isOurs && bytes - pace.bytes < slowestBytesPerSecond * seconds) return "request_timeout";
      arrival.pace = { sinceMs: nowMs, bytes };
    }
    return null;
  }
}

/**
 * Makes whoever reads a body fail, and leaves its connection to the answer. Until somebody reads there is nobody to tell:
 * false.
 */
export function failBody(request: IncomingMessage, code: ErrorCode): boolean {
  return request.listenerCount("error") > 0 && request.emit("error", new StatusplaneError(code));
}
