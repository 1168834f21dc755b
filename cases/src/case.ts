import type { Api } from "../../test/end-to-end/support/api.ts";
import type { Player } from "./video/player.ts";

/** What a case may use: one running program, a page in Chromium, and a folder for its file. */
export interface Bench {
  readonly api: Api;
  /** Opened at the first use; the product's own page and player. */
  readonly player: () => Promise<Player>;
  readonly folder: string;
}

/** An input with one trait, and what should come of it. */
export interface Case {
  /** Unique among all, kebab-case. */
  readonly name: string;
  readonly kind: "video" | "excel";
  /** The row of the fault that it is an example of, e.g. `V3`; `–` where there is none. */
  readonly row: string;
  /** What is special about the file. */
  readonly trait: string;
  /** What should come of it, in a few words. */
  readonly right: string;
  /** Makes the file and answers its path. */
  readonly make: (folder: string) => Promise<string>;
  /** Submits the file and looks at what comes of it. */
  readonly look: (bench: Bench, path: string) => Promise<Seen>;
}

export interface Seen {
  /** What came, in a few words. */
  readonly now: string;
  /** What of it is not right; none: all of it is. */
  readonly wrong: readonly string[];
}
