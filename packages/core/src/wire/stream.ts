import { encodeJson } from "../json.ts";
import { snapshotEtag, type SnapshotPosition } from "../snapshot-order.ts";
import { readNamed } from "./first-wire.ts";
import { readLiveList, readNames, type LiveList, type LiveListBody, type NamesBody } from "./live-list.ts";
import { asMembers, isMembers, readEach, textOrNull, wholeOrNull } from "./members.ts";
import type { ViewBody } from "./views.ts";
import type { NamedJob } from "./watch-routes.ts";

/*
 * What is pushed, by SSE and by WebSocket alike. Each event has a name and a body; a snapshot's body is the text that is
 * stored. SSE writes them as `event:` and `data:`. On a WebSocket each is a text frame: a snapshot's is its text as it
 * is, every other begins `{"event":"NAME"`, with the body's members after it.
 *
 *   hello ─▶ (snapshot | view)* ─▶ missing? ─▶ list? ─▶ ready ─▶ (snapshot | missing | list | view | view_gone)* ─▶ end | bye ─▶ closed
 *                   ▲                                      │
 *                   └───────── watch (WebSocket) ──────────┘
 */

/** Why the server ends a connection. All but `expired` mean: come back, not before `retry_after_ms`. */
export const BYE_REASONS = ["expired", "leaving", "age", "slow", "quiet"] as const;
export type ByeReason = (typeof BYE_REASONS)[number];

/** An event that says all by its name. */
export type Nothing = Readonly<Record<string, never>>;

/** The body of each event but a snapshot's. */
export interface StreamBodies {
  /** First of all, and again when a renewed token was accepted. */
  readonly hello: {
    /** Names tenant and subject without telling them: the same for the same reader. Null: a watch token's. */
    readonly reader: string | null;
    /** ISO 8601: the sign-in ends then, and with it the connection. Null: it does not. */
    readonly expires_at: string | null;
  };
  /** Of what was asked for, what is not there. */
  readonly missing: NamesBody;
  /** With `active`: what the tenant has going on, after the snapshots of all that it names and that this connection has not told. */
  readonly list: LiveListBody;
  /** With `views`: what somebody has watched; first those who reported in the last minute, then whatever is newer. */
  readonly view: ViewBody;
  /** With `views`: the status store does not know this view any more, it was erased, or lost: the rows know. */
  readonly view_gone: Pick<ViewBody, "video" | "viewer">;
  /** What was asked for last has been told whole. */
  readonly ready: Nothing;
  /** Without `active`: all that is watched has ended. An SSE then closes. */
  readonly end: Nothing;
  /** WebSocket alone: answer with the same, which is how the server knows that somebody is there. */
  readonly beat: Nothing;
  /** The server closes now. */
  readonly bye: { readonly reason: ByeReason; readonly retry_after_ms: number };
}

/** An event as a receiver knows it, checked. */
export type StreamEvent =
  | { readonly event: "hello"; readonly reader: string | null; readonly expiresAt: string | null }
  /** `body` is what the progress endpoint answers. */
  | { readonly event: "snapshot"; readonly ref: NamedJob; readonly body: unknown }
  | { readonly event: "missing"; readonly jobs: readonly NamedJob[] }
  | { readonly event: "list"; readonly list: LiveList }
  /** `body` as `readViewNews` takes it. */
  | { readonly event: "view" | "view_gone"; readonly body: unknown }
  | { readonly event: "ready" | "end" | "beat" }
  | { readonly event: "bye"; readonly reason: ByeReason; readonly retryAfterMs: number };

/** Close codes of the WebSocket. */
export const CLOSE_CODES = {
  /** Nothing is wrong. */
  ended: 1000,
  /** The process ends: come back, `bye` says when. */
  leaving: 1012,
  /** The connection was old: open the next. */
  age: 4000,
  /** The token is missing, wrong or expired. */
  unauthenticated: 4001,
  /** The sign-in does not allow to watch. */
  forbidden: 4003,
  /** What was sent was not read, no beat was answered, or no first message came. */
  quiet: 4008,
  /** A message that is none. */
  notUnderstood: 4009,
  /** The token, the tenant or the address has as many streams as it may. */
  tooMany: 4029,
  /** The status store does not answer: come back. */
  unavailable: 1013,
} as const;

/** What the server speaks; a client offers it, and beside it {@link bearerProtocol}. */
export const SUBPROTOCOL = "statusplane.v1";
/** What a subprotocol may be made of here, and how long. */
const PLAIN_TOKEN = /^[A-Za-z0-9_.-]{1,4096}$/;
const BEARER = "bearer.";

/** A token as a subprotocol; null: it does not fit into one, and goes in the first message. */
export function bearerProtocol(token: string): string | null {
  return PLAIN_TOKEN.test(token) ? BEARER + token : null;
}

/** The token among offered subprotocols; null: there is none. */
export function tokenOfProtocols(protocols: Iterable<string>): string | null {
  for (const protocol of protocols) {
    const token = protocol.startsWith(BEARER) ? protocol.slice(BEARER.length) : "";
    if (PLAIN_TOKEN.test(token)) return token;
  }
  return null;
}

/** What a connection watches: `POST /api/v1/events/`, and in the message `watch`. At most 100 jobs. */
export interface WatchBody {
  readonly videos?: readonly string[] | undefined;
  readonly jobs?: readonly string[] | undefined;
  /** The tenant's live list and its last ends, too. Default false. */
  readonly active?: boolean | undefined;
  /** Videos whose views are told, at most 100: for who may manage. */
  readonly views?: readonly string[] | undefined;
}

/** What a client says on a WebSocket, each a JSON text. */
export type StreamMessage =
  /** First where no subprotocol and no cookie signs in; later with a renewed token. */
  | { readonly op: "sign_in"; readonly token: string }
  /** Replaces what is watched. */
  | (WatchBody & { readonly op: "watch" })
  /** The answer to each `beat`. */
  | { readonly op: "beat" };

/** Of a message, bytes. */
export const MESSAGE_MAX_BYTES = 16_384;

/** A message as the server knows it, checked; ids as they came. */
export type ReadMessage =
  | { readonly op: "sign_in"; readonly token: string }
  | {
      readonly op: "watch";
      readonly jobs: readonly NamedJob[];
      readonly active: boolean;
      readonly views: readonly string[];
    }
  | { readonly op: "beat" };

/** A client's message; null for what is none. */
export function readMessage(text: string): ReadMessage | null {
  const members = asMembers(parsed(text));
  switch (members["op"]) {
    case "sign_in": {
      const token = textOrNull(members["token"]);
      return token === null ? null : { op: "sign_in", token };
    }
    case "watch":
      return isWatchBody(members)
        ? {
            op: "watch",
            jobs: readNames(members),
            active: members["active"] === true,
            views: readEach(members["views"], textOrNull),
          }
        : null;
    case "beat":
      return { op: "beat" };
    default:
      return null;
  }
}

/** Whether a value says what to watch. */
export function isWatchBody(value: unknown): value is WatchBody {
  const { videos, jobs, active, views } = asMembers(value);
  const isNames = (names: unknown): boolean =>
    names === undefined || (Array.isArray(names) && names.every((id) => typeof id === "string"));
  return (
    isMembers(value) &&
    isNames(videos) &&
    isNames(jobs) &&
    isNames(views) &&
    (active === undefined || typeof active === "boolean")
  );
}

/** An event but a snapshot as a WebSocket's frame. */
export function eventFrame<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): string {
  return encodeJson({ event: name, ...body });
}

/** An event but a snapshot as SSE writes it. */
export function eventLines<Name extends keyof StreamBodies>(name: Name, body: StreamBodies[Name]): string {
  return `event: ${name}\ndata: ${encodeJson(body)}\n\n`;
}

/** A snapshot as SSE writes it; its `id` only informs. */
export function snapshotLines(snapshot: SnapshotPosition & { readonly text: string }): string {
  const { text } = snapshot;
  // Another program's line breaks stand between members: JSON reads the same over several lines of data.
  const data = /[\r\n]/.test(text) ? text.split(/\r\n|\r|\n/).join("\ndata: ") : text;
  return `event: snapshot\nid: ${snapshotEtag(snapshot).slice(1, -1)}\ndata: ${data}\n\n`;
}

/** A WebSocket's frame as an event; null for what is none, which a receiver of an older version leaves alone. */
export function readFrame(text: string): StreamEvent | null {
  const body = parsed(text);
  return text.startsWith('{"event":')
    ? readEvent(asMembers(body)["event"], body)
    : readEvent("snapshot", body);
}

/** An SSE's event; null for what is none. */
export function readLines(name: string, data: string): StreamEvent | null {
  return readEvent(name, parsed(data));
}

function readEvent(event: unknown, body: unknown): StreamEvent | null {
  const members = asMembers(body);
  switch (event) {
    case "snapshot": {
      const ref = readNamed(members);
      return ref === null ? null : { event, ref, body };
    }
    case "hello":
      return {
        event,
        reader: textOrNull(members["reader"]),
        expiresAt: textOrNull(members["expires_at"]),
      };
    case "missing":
      return { event, jobs: readNames(members) };
    case "list": {
      const list = readLiveList(members);
      return list === null ? null : { event, list };
    }
    case "view":
    case "view_gone":
      return { event, body };
    case "ready":
    case "end":
    case "beat":
      return { event };
    case "bye": {
      const reason = BYE_REASONS.find((each) => each === members["reason"]);
      const retryAfterMs = wholeOrNull(members["retry_after_ms"]) ?? 0;
      // A reason that a later version has means no more than: come back.
      return { event, reason: reason ?? "age", retryAfterMs };
    }
    default:
      return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no event, and no message
  }
}
