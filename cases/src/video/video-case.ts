import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Case } from "../case.ts";
import type { Make } from "./clips.ts";
import { lookAtVideo } from "./look-at-video.ts";

/** What should come of a video: `READY`, or the code that it is refused with. */
export type Wanted = "READY" | `${"video" | "not" | "file"}_${string}`;

/** A video with one trait. */
export interface VideoTrait {
  readonly name: string;
  /** Of the file's name. */
  readonly extension: string;
  readonly row?: string;
  readonly trait: string;
  readonly make: Make;
  /** Any of them is right; default READY. */
  readonly want?: Wanted | readonly Wanted[];
  /** The largest rendition's. */
  readonly size?: readonly [width: number, height: number];
  /** Whether it has a flash and a beep at each whole second. */
  readonly sync?: boolean;
  /** From a flash to the beep that is nearest to it in the source, ms; default 0. */
  readonly sourceSyncMs?: number;
  /** How long it should be, of picture and sound the longer; not looked at by default. */
  readonly seconds?: number;
  /** Whether it is the chart of bars, and with what is brighter than SDR's white. */
  readonly bars?: "sdr" | "hdr";
}

export function videoCase(trait: VideoTrait): Case {
  const { name, extension, row = "–", make } = trait;
  const wanted = [trait.want ?? "READY"].flat();
  const more = [
    ...(trait.size === undefined ? [] : [trait.size.join("×")]),
    ...(trait.seconds === undefined ? [] : [`${trait.seconds} s`]),
    ...(trait.sync === true
      ? [`sound within 45 ms${trait.sourceSyncMs === undefined ? "" : ` of ${trait.sourceSyncMs}`}`]
      : []),
    ...(trait.bars === undefined ? [] : ["bars within 6 of 255"]),
  ];
  return {
    ...{ name, row, trait: trait.trait, kind: "video" },
    right: [wanted.join(" or "), ...more].join(", "),
    async make(folder) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${name}.${extension}`);
      await make(path);
      return path;
    },
    look: (bench, path) => lookAtVideo(bench, path, trait),
  };
}
