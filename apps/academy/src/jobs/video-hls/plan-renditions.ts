import { playedSeconds, SEGMENT_SECONDS, type PacketScan } from "./scan-packets.ts";
import { END_TOLERANCE_SECONDS, SOUND_TAIL_SECONDS, SYNC_TOLERANCE_SECONDS } from "./segment-times.ts";
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
/** But not below this, where the source has it: a strip of a few lines shows nothing. */
const MIN_SHORT_SIDE = 128;
const MAX_LONG_SIDE = 4_096;
/** A copied track may cost this much more than what we would make of it. */
const COPY_BITS_FACTOR = 1.5;
/** Below a copied rendition only what is clearly smaller is worth its encoding. */
const WORTH_ENCODING_BELOW = 0.8;

/** Pictures that come out of order are decoded ahead, and all that is copied begins so much later. */
const MAX_DELAY_SECONDS = 0.1;

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
 */
export function planRenditions(source: VideoSource, scan: PacketScan): readonly PlannedRendition[] {
  if (!isCopyable(source, scan)) return planEncoded(source);
  const shortSide = Math.min(source.width, source.height);
  const lower = LADDER.filter((rung) => rung.shortSide <= shortSide * WORTH_ENCODING_BELOW);
  return [...lower.map((rung) => encoded(source, rung)), copied(source, isSoundCopyable(source, scan))];
}

/** The same with nothing taken over. */
export function planEncoded(source: VideoSource): readonly PlannedRendition[] {
  const shortSide = Math.min(source.width, source.height);
  const fitting = LADDER.filter((rung) => rung.shortSide <= shortSide);
  return (fitting.length > 0 ? fitting : [{ ...smallestRung(0), shortSide }]).map((rung) =>
    encoded(source, rung),
  );
}

/**
 * Whether segments of the source's own packets would be about as long and as large as ours, begin with the video and
 * end with it: a picture that has to be shown before it begins, or held while the sound goes on, is encoded.
 */
export function isCopyable(source: VideoSource, scan: PacketScan): boolean {
  const { maxVideoBitsPerSecond } = smallestRung(Math.min(source.width, source.height));
  const { picture } = scan;
  return (
    source.browserPicture &&
    picture.endSeconds > 0 &&
    picture.hiddenPackets === 0 &&
    picture.startSeconds <= SYNC_TOLERANCE_SECONDS &&
    picture.endSeconds >= playedSeconds(scan) - SOUND_TAIL_SECONDS &&
    picture.delaySeconds <= MAX_DELAY_SECONDS &&
    picture.greatestGapSeconds <= SEGMENT_SECONDS &&
    (picture.bytes * 8) / picture.endSeconds <= maxVideoBitsPerSecond * COPY_BITS_FACTOR
  );
}

/** Whether the sound's own packets go with the picture from its begin to its end, without a hole. */
function isSoundCopyable({ audio }: VideoSource, { picture, sound }: PacketScan): boolean {
  return (
    audio !== null &&
    audio.browserSound &&
    sound !== null &&
    Math.abs(sound.startSeconds - picture.startSeconds) <= SYNC_TOLERANCE_SECONDS &&
    sound.greatestHoleSeconds <= SYNC_TOLERANCE_SECONDS &&
    sound.endSeconds >= picture.endSeconds - END_TOLERANCE_SECONDS
  );
}

function smallestRung(shortSide: number): Rung {
  const rung = LADDER.find((each) => each.shortSide >= shortSide) ?? LADDER.at(-1);
  if (rung === undefined) throw new Error("the ladder is empty");
  return rung;
}

function encoded(source: VideoSource, rung: Rung): PlannedRendition {
  const [short, long] = [Math.min(source.width, source.height), Math.max(source.width, source.height)];
  const narrowest = Math.max((rung.shortSide * MAX_ASPECT) / long, MIN_SHORT_SIDE / short);
  const scale = Math.min(rung.shortSide / short, narrowest, MAX_LONG_SIDE / long, 1);
  return {
    ...rung,
    name: `${rung.shortSide}p`,
    width: even(source.width * scale),
    height: even(source.height * scale),
    copyVideo: false,
    copyAudio: false,
  };
}

function copied({ width, height }: VideoSource, copyAudio: boolean): PlannedRendition {
  const shortSide = Math.min(width, height);
  return {
    ...smallestRung(shortSide),
    shortSide,
    name: `${shortSide}p`,
    width,
    height,
    copyVideo: true,
    copyAudio,
  };
}

/** H.264 with 4:2:0 colour has even sides only. */
function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}
