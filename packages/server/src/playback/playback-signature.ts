import { jobRef, StatusplaneError, isId, type JobRef } from "@statusplane/core";
import { outputFilePath, type Playback } from "@statusplane/core/wire";
import type { FastifyRequest } from "fastify";
import { createHmac, timingSafeEqual } from "node:crypto";
import { mayDo, requireIdentity } from "../auth/index.ts";
import type { PlayableFiles } from "./playable-files.ts";

/** Greatest life of a playback URL, seconds. */
export const PLAYBACK_SECONDS = 6 * 3_600;
/** Expiries are rounded down to this, so that asking again soon gives the same URLs and a browser's cache holds. */
const ROUND_SECONDS = 600;

export interface PlaybackOptions {
  readonly key: Uint8Array;
  readonly files: Pick<PlayableFiles, "playlist" | "poster">;
  /** What the addresses begin with. Default "". */
  readonly prefix?: string;
  /** Seconds, 1,200–21,600. Default 21,600. */
  readonly seconds?: number;
  /** Unix ms. Default: `Date.now`. */
  readonly now?: () => number;
}

/** What a signature says. */
export interface SignedAttempt {
  readonly ref: JobRef;
  readonly attempt: number;
  readonly expiresAtMs: number;
}

/** Signs tenant, id, attempt and expiry of a video into a path, so that the files a playlist names inherit it. */
export class PlaybackUrls {
  readonly #key: Uint8Array;
  readonly #files: PlaybackOptions["files"];
  readonly #prefix: string;
  readonly #seconds: number;
  readonly #now: () => number;

  constructor({
    key,
    files,
    prefix = "",
    seconds = PLAYBACK_SECONDS,
    now = () => Date.now(),
  }: PlaybackOptions) {
    if (!(seconds >= 2 * ROUND_SECONDS && seconds <= PLAYBACK_SECONDS)) {
      throw new TypeError(`playback URLs live ${2 * ROUND_SECONDS}–${PLAYBACK_SECONDS} s`);
    }
    this.#key = key;
    this.#files = files;
    this.#prefix = prefix;
    this.#seconds = seconds;
    this.#now = now;
  }

  /** Signed addresses of an attempt's playlist and poster. */
  urlsOf({ tenant, id }: JobRef, attempt: number): Playback {
    const untilSeconds = this.#now() / 1_000 + this.#seconds;
    const expiresAtSeconds = untilSeconds - (untilSeconds % ROUND_SECONDS);
    const said = Buffer.from([tenant, id, attempt, expiresAtSeconds].join(".")).toString("base64url");
    const { playlist, poster } = this.#files;
    const signature = `${said}.${this.#mac(said)}`;
    const urlOf = (file: string): string => outputFilePath(signature, file, this.#prefix);
    return {
      url: urlOf(playlist),
      posterUrl: poster === null ? null : urlOf(poster),
      expiresAt: new Date(expiresAtSeconds * 1_000).toISOString(),
    };
  }

  /**
   * What a signature from a path says.
   * @throws {route_not_found} when it is forged or malformed; {signature_expired} when it was ours.
   */
  verify(signature: string): SignedAttempt {
    const [said = "", mac = "", rest] = signature.split(".");
    const expected = Buffer.from(this.#mac(said));
    const given = Buffer.from(mac);
    // Compared as text: base64url has several spellings of the same bytes, of which only ours is accepted.
    if (rest !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new StatusplaneError("route_not_found");
    }
    const [tenant, id, attempt, expiresAtSeconds] = Buffer.from(said, "base64url").toString().split(".");
    if (!isId(tenant) || !isId(id)) throw new StatusplaneError("route_not_found");
    const expiresAtMs = Number(expiresAtSeconds) * 1_000;
    if (!(expiresAtMs > this.#now())) throw new StatusplaneError("signature_expired");
    return { ref: jobRef(tenant, "video", id), attempt: Number(attempt), expiresAtMs };
  }

  #mac(said: string): string {
    return createHmac("sha256", this.#key).update(`hls:1:${said}`).digest("base64url");
  }
}

/** What answers may sign for whoever asks; null: nothing, the sign-in does not allow to play. */
export function playbackFor(request: FastifyRequest, playback: PlaybackUrls | null): PlaybackUrls | null {
  return mayDo(requireIdentity(request), "play") ? playback : null;
}
