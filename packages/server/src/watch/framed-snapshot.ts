import { refKey, type StoredSnapshot } from "@statusplane/core";
import { snapshotLines } from "@statusplane/core/wire";
import type { JobUrls } from "../job-urls.ts";
import type { Channel, Form } from "./channel.ts";
import { chunkOf } from "./sse-channel.ts";

/** Where a text says when its writer wrote it: at its end, unless the job's own members come after. */
const UPDATED_AT = /"updated_at":"([^"]{20,30})"/;
/** It stands so near to the end of a text, characters. */
const NEAR_END = 200;

/** A snapshot with what travels of it: each transport's bytes are made once, for all connections that want them. */
export class FramedSnapshot {
  /** Unique across tenants and kinds. */
  readonly key: string;
  readonly snapshot: StoredSnapshot;
  /** Whether somebody saw it follow another: it was pushed, and not read first. */
  isUpdate = false;
  readonly #text: string;
  readonly #bytes: Partial<Record<Form, Buffer>> = {};
  #writtenAtMs: number | null | undefined;

  constructor(snapshot: StoredSnapshot, text: string) {
    this.key = refKey(snapshot.ref);
    this.snapshot = snapshot;
    this.#text = text;
  }

  /** The same for all connections of a form. */
  bytesFor({ form }: Pick<Channel, "form">): Buffer {
    return (this.#bytes[form] ??= this.#made(form));
  }

  #made(form: Form): Buffer {
    if (form === "frame") return textFrame(this.#text);
    const { attempt, version } = this.snapshot;
    const lines = snapshotLines({ attempt, version, text: this.#text });
    return form === "chunk" ? chunkOf(lines) : Buffer.from(lines);
  }

  /** When its writer wrote it, Unix ms; null: it does not say. */
  get writtenAtMs(): number | null {
    if (this.#writtenAtMs === undefined) {
      const ms = Date.parse(UPDATED_AT.exec(this.#text.slice(-NEAR_END))?.[1] ?? "");
      this.#writtenAtMs = Number.isNaN(ms) ? null : ms;
    }
    return this.#writtenAtMs;
  }
}

/** The framed snapshots of one mount, which has a prefix of its own. */
export class Frames {
  readonly #urls: JobUrls;
  readonly #framed = new WeakMap<StoredSnapshot, FramedSnapshot>();

  constructor(urls: JobUrls) {
    this.#urls = urls;
  }

  /** The same for everybody whom this very snapshot is told. */
  of(snapshot: StoredSnapshot): FramedSnapshot {
    const known = this.#framed.get(snapshot);
    if (known !== undefined) return known;
    const framed = new FramedSnapshot(snapshot, this.#urls.mounted(snapshot).text);
    this.#framed.set(snapshot, framed);
    return framed;
  }
}

const FIN_TEXT = 0x81;

/** A whole text message in one frame, as a server sends it: unmasked (RFC 6455, 5.2). */
export function textFrame(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const extra = bytes < 126 ? 0 : bytes < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extra + bytes);
  frame[0] = FIN_TEXT;
  if (extra === 0) frame[1] = bytes;
  else if (extra === 2) {
    frame[1] = 126;
    frame.writeUInt16BE(bytes, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(bytes), 2);
  }
  frame.write(text, 2 + extra);
  return frame;
}
