import { isId, StatusplaneError, viewRef, type ViewRef } from "@statusplane/core";
import { createHmac, timingSafeEqual } from "node:crypto";

/** A grant lives as long as somebody may watch without asking again, seconds. */
const GRANT_SECONDS = 43_200;

/** Signs that a viewer may report what was watched of a video, where no header can say who it is. */
export class ViewGrants {
  readonly #key: Uint8Array;
  readonly #now: () => number;

  /** @param now Unix ms. Default: the machine's. */
  constructor(key: Uint8Array, now: () => number = () => Date.now()) {
    this.#key = key;
    this.#now = now;
  }

  /** A grant for this view, good for twelve hours. */
  grant({ tenant, video, viewer }: ViewRef): string {
    const untilSeconds = Math.floor(this.#now() / 1_000) + GRANT_SECONDS;
    const said = Buffer.from(JSON.stringify([tenant, video, viewer, untilSeconds])).toString("base64url");
    return `${said}.${this.#mac(said)}`;
  }

  /**
   * Whose view a grant names.
   * @throws {grant_invalid} when it is forged, over, or for another video.
   */
  verify(grant: string, video: string): ViewRef {
    const [said = "", mac = "", rest] = grant.split(".");
    const expected = Buffer.from(this.#mac(said));
    const given = Buffer.from(mac);
    // Compared as text: base64url has several spellings of the same bytes, of which only ours is accepted.
    if (rest !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new StatusplaneError("grant_invalid");
    }
    const [tenant, named, viewer, untilSeconds] = JSON.parse(Buffer.from(said, "base64url").toString()) as [
      tenant: string,
      video: string,
      viewer: string,
      untilSeconds: number,
    ]; // signed here
    if (named !== video || !isId(tenant) || !(untilSeconds * 1_000 > this.#now())) {
      throw new StatusplaneError("grant_invalid");
    }
    return viewRef(tenant, named, viewer);
  }

  #mac(said: string): string {
    return createHmac("sha256", this.#key).update(`view:1:${said}`).digest("base64url");
  }
}
