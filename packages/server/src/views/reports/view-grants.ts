import { GRANT_LIFE_MS, isId, StatusplaneError, viewRef, type ViewRef } from "@statusplane/core";
import { createHmac, timingSafeEqual } from "node:crypto";

/** Of the groups that travel in a grant; who is in more reports by the sign-in alone where a policy asks for groups. */
const GROUPS_MAX_BYTES = 1_000;

/** What a grant says beside whose view it is for. */
export interface Granted {
  /** Groups that the sign-in named, for policies that say who may watch. */
  readonly groups: readonly string[];
  /** Of the viewer's grants: with another one it was taken away. */
  readonly generation: number;
}

/** Signs that a viewer may report what was watched of a video, where no header can say who it is. */
export class ViewGrants {
  readonly #key: Uint8Array;
  readonly #now: () => number;

  /** @param now Unix ms. Default: the machine's. */
  constructor(key: Uint8Array, now: () => number = () => Date.now()) {
    this.#key = key;
    this.#now = now;
  }

  /** A grant for this view, good for twelve hours unless it is taken away before. */
  grant({ tenant, video, viewer }: ViewRef, { groups, generation }: Granted): string {
    const untilSeconds = Math.floor((this.#now() + GRANT_LIFE_MS) / 1_000);
    const named = Buffer.byteLength(JSON.stringify(groups)) > GROUPS_MAX_BYTES ? [] : groups;
    const parts = [tenant, video, viewer, untilSeconds, generation, named];
    const said = Buffer.from(JSON.stringify(parts)).toString("base64url");
    return `${said}.${this.#mac(said)}`;
  }

  /**
   * Whose view a grant names, and what else. Whether it was taken away says the status store.
   * @throws {grant_invalid} when it is forged, over, or for another video.
   */
  verify(grant: string, video: string): { readonly ref: ViewRef } & Granted {
    const [said = "", mac = "", rest] = grant.split(".");
    const expected = Buffer.from(this.#mac(said));
    const given = Buffer.from(mac);
    // Compared as text: base64url has several spellings of the same bytes, of which only ours is accepted.
    if (rest !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new StatusplaneError("grant_invalid");
    }
    const parts = JSON.parse(Buffer.from(said, "base64url").toString()) as [
      tenant: string,
      video: string,
      viewer: string,
      untilSeconds: number,
      generation: number,
      groups: readonly string[],
    ]; // signed here
    const [tenant, named, viewer, untilSeconds, generation, groups] = parts;
    if (named !== video || !isId(tenant) || !(untilSeconds * 1_000 > this.#now())) {
      throw new StatusplaneError("grant_invalid");
    }
    return { ref: viewRef(tenant, named, viewer), generation, groups };
  }

  #mac(said: string): string {
    return createHmac("sha256", this.#key).update(`view:2:${said}`).digest("base64url");
  }
}
