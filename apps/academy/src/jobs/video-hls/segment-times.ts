import { open, readFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { readFragments, readInitTracks, type InitTrack, type TrackFragment } from "./fragment-boxes.ts";

/** The boxes before the samples; six hours of sound in one segment would have less. */
const MAX_MOOF_BYTES = 2 ** 26;

/** One track's part of a segment, seconds on the rendition's own clock. */
export interface TrackTimes {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly samples: number;
  readonly longestSampleSeconds: number;
  readonly beginsWithKeyframe: boolean;
}

export interface SegmentTimes {
  readonly name: string;
  readonly bytes: number;
  readonly picture: TrackTimes | null;
  readonly sound: TrackTimes | null;
}

/** What the files of a rendition hold, whatever its playlist says. */
export interface RenditionTimes {
  readonly tracks: readonly InitTrack[];
  readonly segments: readonly SegmentTimes[];
}

/**
 * Reads the boxes of a rendition's files, not their samples.
 * @throws the system's error when a file cannot be read.
 */
export async function readRenditionTimes(
  folder: string,
  { initName, names }: { readonly initName: string; readonly names: readonly string[] },
): Promise<RenditionTimes> {
  const tracks = readInitTracks(await readFile(join(folder, initName)));
  const segments: SegmentTimes[] = [];
  for (const name of names) segments.push(await readSegment(folder, name, tracks));
  return { tracks, segments };
}

async function readSegment(
  folder: string,
  name: string,
  tracks: readonly InitTrack[],
): Promise<SegmentTimes> {
  const file = await open(join(folder, name), "r");
  try {
    const { size: bytes } = await file.stat();
    const fragments = (await readMoofs(file, bytes)).flatMap((moof) => readFragments(moof, tracks));
    const of = (kind: InitTrack["kind"]) => trackTimes(tracks, fragments, kind);
    return { name, bytes, picture: of("picture"), sound: of("sound") };
  } finally {
    await file.close();
  }
}

async function readMoofs(file: FileHandle, bytes: number): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes;) {
    const { buffer: head } = await file.read(Buffer.alloc(8), 0, 8, at);
    const size = head.readUInt32BE(0);
    if (size < 8) break; // a last box without a size, or none at all
    if (head.toString("latin1", 4, 8) === "moof" && size <= MAX_MOOF_BYTES) {
      found.push((await file.read(Buffer.alloc(size - 8), 0, size - 8, at + 8)).buffer);
    }
    at += size;
  }
  return found;
}

function trackTimes(
  tracks: readonly InitTrack[],
  fragments: readonly TrackFragment[],
  kind: InitTrack["kind"],
): TrackTimes | null {
  const track = tracks.find((each) => each.kind === kind);
  const own = fragments.filter((fragment) => fragment.track === track?.id);
  const [first] = own;
  if (track === undefined || first === undefined) return null;
  return {
    startSeconds: Math.min(...own.map(({ startTicks }) => startTicks)) / track.timescale,
    endSeconds: Math.max(...own.map(({ endTicks }) => endTicks)) / track.timescale,
    samples: own.reduce((sum, { samples }) => sum + samples, 0),
    longestSampleSeconds:
      Math.max(...own.map(({ longestSampleTicks }) => longestSampleTicks)) / track.timescale,
    beginsWithKeyframe: first.beginsWithKeyframe,
  };
}

/** Picture and sound further apart than this are seen to be. */
export const SYNC_TOLERANCE_SECONDS = 0.045;
/** A frame of AAC lasts for 0.021 s at 48 kHz, and 0.045 may be missing behind it; what says more hides a hole. */
const LONGEST_SOUND_SAMPLE_SECONDS = 0.1;
/** Sound that ends this far before the picture ends with it. */
export const END_TOLERANCE_SECONDS = 0.1;
/** Sound that goes on for so long behind a picture that is taken over: players hold the last one, as the last segment says. */
export const SOUND_TAIL_SECONDS = 0.5;

/**
 * What a player would trip over, in words for operators; null when every segment holds what a playlist promises of it:
 * samples of each track, a keyframe first, times that follow one another without a hole and stand in the segment
 * itself, and both tracks from the begin to the end.
 */
export function timesFault({ tracks, segments }: RenditionTimes): string | null {
  const kinds = tracks.map(({ kind }) => kind);
  if (kinds.filter((kind) => kind === "picture").length !== 1) return "there is no picture track";
  if (tracks.some(({ shifted }) => shifted)) return "a track is moved by an edit list";
  const faults = segments.flatMap((segment, index) =>
    kinds.flatMap((kind) => {
      const fault =
        segmentFault(segment[kind], segments[index - 1]?.[kind] ?? null) ??
        (kind === "sound" ? soundFault(segment.sound) : null);
      return fault === null ? [] : [`${segment.name}: the ${kind} ${fault}`];
    }),
  );
  return faults[0] ?? (kinds.includes("sound") ? apart(segments) : null);
}

function segmentFault(now: TrackTimes | null, before: TrackTimes | null): string | null {
  if (now === null) return "has no samples";
  if (!now.beginsWithKeyframe) return "does not begin with a keyframe";
  const hole = before === null ? 0 : now.startSeconds - before.endSeconds;
  return Math.abs(hole) > SYNC_TOLERANCE_SECONDS ? `has a hole of ${hole.toFixed(3)} s before it` : null;
}

function soundFault(now: TrackTimes | null): string | null {
  const longest = now?.longestSampleSeconds ?? 0;
  return longest > LONGEST_SOUND_SAMPLE_SECONDS
    ? `has a sample that lasts for ${longest.toFixed(3)} s`
    : null;
}

function apart(segments: readonly SegmentTimes[]): string | null {
  const [first, last] = [segments[0], segments.at(-1)];
  const begin = (first?.sound?.startSeconds ?? 0) - (first?.picture?.startSeconds ?? 0);
  const end = (last?.sound?.endSeconds ?? 0) - (last?.picture?.endSeconds ?? 0);
  if (Math.abs(begin) > SYNC_TOLERANCE_SECONDS)
    return `the sound begins ${begin.toFixed(3)} s after the picture`;
  const [earliest, latest] = [-END_TOLERANCE_SECONDS, SOUND_TAIL_SECONDS];
  return end < earliest - SYNC_TOLERANCE_SECONDS || end > latest + SYNC_TOLERANCE_SECONDS
    ? `the sound ends ${end.toFixed(3)} s after the picture`
    : null;
}

/**
 * How long each segment lasts: to the next one's first picture; the last one to its own last picture, or to the end of
 * a sound that goes on for longer than anybody would miss.
 */
export function segmentSeconds({ segments }: RenditionTimes): readonly number[] {
  return segments.map(({ picture, sound }, index) => {
    const start = picture?.startSeconds ?? 0;
    const next = segments[index + 1]?.picture?.startSeconds;
    if (next !== undefined) return next - start;
    const [seen, heard] = [picture?.endSeconds ?? 0, sound?.endSeconds ?? 0];
    return (heard > seen + SYNC_TOLERANCE_SECONDS ? heard : seen) - start;
  });
}
