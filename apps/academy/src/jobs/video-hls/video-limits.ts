const GIBIBYTE = 2 ** 30;

/** What a video may be and may cost. Beyond: `video_too_large`, `video_too_slow`, `output_too_large`. */
export interface VideoLimits {
  /** Pixels of the longer and of the shorter side. */
  readonly maxLongSide: number;
  readonly maxShortSide: number;
  readonly maxFramesPerSecond: number;
  readonly maxDurationSeconds: number;
  /** Tracks of any sort in the file. */
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
  maxFramesPerSecond: 120,
  maxDurationSeconds: 21_600,
  maxStreams: 8,
  memoryBytes: 3 * GIBIBYTE,
  maxOutputBytes: 64 * GIBIBYTE,
  maxEncodeSeconds: 43_200,
};
