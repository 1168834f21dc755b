import { JobError } from "@statusplane/core";
import { playedSeconds, type PacketScan } from "./scan-packets.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

const GIBIBYTE = 2 ** 30;

/** What a video may be and may cost. Beyond: `video_too_large`, `video_too_slow`, `output_too_large`. */
export interface VideoLimits {
  /** Pixels of the longer and of the shorter side. */
  readonly maxLongSide: number;
  readonly maxShortSide: number;
  /** Pictures a second, as counted in the file: slow motion is recorded at 240. */
  readonly maxFramesPerSecond: number;
  /** Of picture and sound the longer, as counted in the file. */
  readonly maxDurationSeconds: number;
  /** Tracks of any sort in the file; one picture and one sound of them are opened. */
  readonly maxStreams: number;
  /** Address space of ffmpeg, bytes: 8K H.265 in 10 bits needs more than 1.5 GiB and less than 2. */
  readonly memoryBytes: number;
  /** All files of an attempt together, bytes. */
  readonly maxOutputBytes: number;
  /** Encoding may take this much by the clock, however long the video, seconds. */
  readonly maxEncodeSeconds: number;
}

/** The defaults, and what the table of errors promises. */
export const VIDEO_LIMITS: VideoLimits = {
  maxLongSide: 7_680,
  maxShortSide: 4_320,
  maxFramesPerSecond: 480,
  maxDurationSeconds: 21_600,
  maxStreams: 64,
  memoryBytes: 3 * GIBIBYTE,
  maxOutputBytes: 64 * GIBIBYTE,
  maxEncodeSeconds: 43_200,
};

/** A shorter clip says nothing about a rate: it is taken for this long. */
const MIN_COUNTED_SECONDS = 0.1;

/**
 * Looks at what the packets say, never at what a header claims.
 * @throws {JobError} video_too_large.
 */
export function assertWithinLimits(scan: PacketScan, limits: VideoLimits): void {
  const { packets, startSeconds, endSeconds } = scan.picture;
  const seconds = Math.max(MIN_COUNTED_SECONDS, endSeconds - startSeconds);
  if (playedSeconds(scan) > limits.maxDurationSeconds || packets / seconds > limits.maxFramesPerSecond)
    throw new JobError(VIDEO_ERRORS.video_too_large);
}
