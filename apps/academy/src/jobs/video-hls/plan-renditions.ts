import { SEGMENT_SECONDS, type PacketScan } from "./scan-packets.ts";
import type { VideoSource } from "./video-source.ts";

/** One row of the ladder: the shorter side, and what it may cost. */
interface Rung {
  readonly shortSide: number;
  readonly maxVideoBitsPerSecond: number;
  readonly audioBitsPerSecond: number;
  readonly profile: "main" | "high";
}

const LADDER: readonly Rung[] = [
  { shortSide: 360, maxVideoBitsPerSecond: 800_000, audioBitsPerSecond: 96_000, profile: "main" },
  { shortSide: 720, maxVideoBitsPerSecond: 2_800_000, audioBitsPerSecond: 128_000, profile: "high" },
  { shortSide: 1_080, maxVideoBitsPerSecond: 5_000_000, audioBitsPerSecond: 128_000, profile: "high" },
];
/** Hardware decoders end at 4,096 pixels: a very wide picture gets lower instead. */
const MAX_ASPECT = 8 / 3;
/** A copied track may cost this much more than what we would make of it. */
const COPY_BITS_FACTOR = 1.5;
/** Below a copied rendition only what is clearly smaller is worth its encoding. */
const WORTH_ENCODING_BELOW = 0.8;

/** One rendition of the output, as planned. */
export interface PlannedRendition extends Rung {
  /** e.g. `720p`: the shorter side. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Whether the picture's packets are taken over as they are. */
  readonly copyVideo: boolean;
  readonly copyAudio: boolean;
}

/**
 * The renditions, smallest first: of 360p, 720p and 1080p those not above the source, by its shorter side; a source
 * below 360p gets one of its own size. Where the source's picture can be taken over, it is the top one.
 * @param scan null when the picture cannot be taken over anyway.
 */
export function planRenditions(source: VideoSource, scan: PacketScan | null): readonly PlannedRendition[] {
  const shortSide = Math.min(source.width, source.height);
  if (scan !== null && isCopyable(source, scan)) {
    const lower = LADDER.filter((rung) => rung.shortSide <= shortSide * WORTH_ENCODING_BELOW);
    return [...lower.map((rung) => encoded(source, rung)), copied(source)];
  }
  const fitting = LADDER.filter((rung) => rung.shortSide <= shortSide);
  return (fitting.length > 0 ? fitting : [{ ...smallestRung(0), shortSide }]).map((rung) =>
    encoded(source, rung),
  );
}

/** Whether segments of the source's own packets would be about as long and as large as ours. */
export function isCopyable(source: VideoSource, scan: PacketScan): boolean {
  const { maxVideoBitsPerSecond } = smallestRung(Math.min(source.width, source.height));
  return (
    source.browserPicture &&
    scan.endSeconds > 0 &&
    scan.greatestGapSeconds <= SEGMENT_SECONDS &&
    (scan.bytes * 8) / scan.endSeconds <= maxVideoBitsPerSecond * COPY_BITS_FACTOR
  );
}

function smallestRung(shortSide: number): Rung {
  const rung = LADDER.find((each) => each.shortSide >= shortSide) ?? LADDER.at(-1);
  if (rung === undefined) throw new Error("the ladder is empty");
  return rung;
}

function encoded(source: VideoSource, rung: Rung): PlannedRendition {
  const [short, long] = [Math.min(source.width, source.height), Math.max(source.width, source.height)];
  const scale = Math.min(rung.shortSide / short, (rung.shortSide * MAX_ASPECT) / long, 1);
  return {
    ...rung,
    name: `${rung.shortSide}p`,
    width: even(source.width * scale),
    height: even(source.height * scale),
    copyVideo: false,
    copyAudio: false,
  };
}

function copied({ width, height, audio }: VideoSource): PlannedRendition {
  const shortSide = Math.min(width, height);
  return {
    ...smallestRung(shortSide),
    shortSide,
    name: `${shortSide}p`,
    width,
    height,
    copyVideo: true,
    copyAudio: audio?.browserSound ?? false,
  };
}

/** H.264 with 4:2:0 colour has even sides only. */
function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}
