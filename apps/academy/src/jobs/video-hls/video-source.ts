import { JobError } from "@statusplane/core";
import { isPlainColor, type SourceColors } from "./color-filters.ts";
import { outputFrameRate, parseRatio, type Ratio } from "./frame-rate.ts";
import type { ProbeReport, ProbeStream } from "./probe-video.ts";
import type { VideoLimits } from "./video-limits.ts";
import { VIDEO_ERRORS } from "./video-errors.ts";

/** What the upload holds, as far as encoding cares. */
export interface VideoSource {
  /** Index of the picture's track in the file. */
  readonly videoTrack: number;
  /** As people see it: after rotation and with square pixels. */
  readonly width: number;
  readonly height: number;
  /** Frames per second that a rendition gets: 60 at most. */
  readonly frameRate: Ratio;
  readonly interlaced: boolean;
  readonly colors: SourceColors;
  /** As declared; null when the file does not say. */
  readonly durationSeconds: number | null;
  /** What all times of the file begin at. */
  readonly startSeconds: number;
  /** Whether every browser plays the picture's track as it is; its keyframes and true bit rate are another question. */
  readonly browserPicture: boolean;
  readonly audio: AudioTrack | null;
  /** Other tracks of sound, best first: for where that one turns out to be encrypted. */
  readonly moreAudio: readonly AudioTrack[];
}

export interface AudioTrack {
  readonly track: number;
  /** Whether every browser plays the track as it is. */
  readonly browserSound: boolean;
}

const BROWSER_PROFILES: ReadonlySet<string> = new Set(["Constrained Baseline", "Baseline", "Main", "High"]);
const MAX_COPIED_LEVEL = 42;
const MAX_COPIED_AUDIO_BITS_PER_SECOND = 256_000;
const MAX_COPIED_SIDES = { long: 1_920, short: 1_080 };
/** Twice what any copied track may cost: so much, as declared, need not be counted packet by packet. */
const HOPELESS_BITS_PER_SECOND = 15_000_000;

/** What the source needs to know of the ffmpeg that reads it. */
export interface DecoderFacts {
  canDecode(codec: string): boolean;
}

/**
 * The first picture and the default sound that can be decoded. What the header says of lengths and rates refuses nothing.
 * @throws {JobError} video_no_picture, video_unreadable, video_too_large by the pictures' size.
 */
export function readSource(report: ProbeReport, limits: VideoLimits, decoders: DecoderFacts): VideoSource {
  const isKnown = ({ codec_name: codec = "unknown" }: ProbeStream) =>
    codec !== "unknown" && decoders.canDecode(codec);
  const pictures = report.streams.filter(isPicture);
  if (pictures.length === 0)
    throw new JobError(
      report.streams.length > 0 ? VIDEO_ERRORS.video_no_picture : VIDEO_ERRORS.video_unreadable,
    );
  const picture = pictures.find((each) => isKnown(each) && (each.width ?? 0) > 0 && (each.height ?? 0) > 0);
  if (picture === undefined) throw new JobError(VIDEO_ERRORS.video_unreadable);
  const { width = 0, height = 0 } = picture;
  const durationSeconds = isUnknownDuration(picture) ? null : declaredDuration(picture, report.format);
  if (Math.max(width, height) > limits.maxLongSide || Math.min(width, height) > limits.maxShortSide)
    throw new JobError(VIDEO_ERRORS.video_too_large);
  const [audio = null, ...moreAudio] = readAudio(report.streams.filter(isKnown));
  const frameRate = outputFrameRate(parseRatio(picture.avg_frame_rate), parseRatio(picture.r_frame_rate));
  return {
    videoTrack: picture.index,
    ...shownSize(picture, { width, height }),
    frameRate,
    interlaced: isInterlaced(picture),
    colors: colorsOf(picture),
    durationSeconds,
    startSeconds: report.format.start_time ?? 0,
    browserPicture: isBrowserPicture(picture, frameRate),
    ...{ audio, moreAudio },
  };
}

/** A cover, a thumbnail or a still is no picture track. */
function isPicture({ codec_type: type, disposition }: ProbeStream): boolean {
  const stills = ["attached_pic", "timed_thumbnails", "still_image"];
  return type === "video" && stills.every((name) => (disposition[name] ?? 0) === 0);
}

/** All ones: ISO/IEC 14496-12 has it so where the length is not known, as in a recording that is written in fragments. */
function isUnknownDuration({ duration_ts: ticks }: ProbeStream): boolean {
  return ticks === 0xff_ff_ff_ff;
}

/**
 * mp4 and mov know each track's own. Matroska may, in a tag ("00:00:05.005000000"), else it knows the file's; either is where
 * it ends, and a live recording begins far from 0.
 */
function declaredDuration({ duration, tags }: ProbeStream, format: ProbeReport["format"]): number | null {
  if (duration !== null) return duration;
  const match = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tags["DURATION"] ?? "");
  const end =
    match === null ? format.duration : Number(match[1]) * 3_600 + Number(match[2]) * 60 + Number(match[3]);
  return end === null ? null : Math.max(0, end - Math.max(0, format.start_time ?? 0));
}

function shownSize(
  picture: ProbeStream,
  coded: { width: number; height: number },
): { width: number; height: number } {
  const pixel = parseRatio(picture.sample_aspect_ratio?.replace(":", "/"));
  const width =
    pixel === null
      ? coded.width
      : Math.max(1, Math.round((coded.width * pixel.numerator) / pixel.denominator));
  const quarterTurns = Math.round(rotationOf(picture) / 90);
  return quarterTurns % 2 === 0 ? { width, height: coded.height } : { width: coded.height, height: width };
}

function rotationOf({ side_data_list: sideData, tags }: ProbeStream): number {
  return sideData.find(({ rotation }) => rotation !== null)?.rotation ?? (Number(tags["rotate"] ?? 0) || 0);
}

function isInterlaced({ field_order: order }: ProbeStream): boolean {
  return order !== undefined && !["progressive", "unknown"].includes(order);
}

function colorsOf(picture: ProbeStream): SourceColors {
  return {
    pixelFormat: picture.pix_fmt ?? "unknown",
    range: picture.color_range,
    matrix: picture.color_space,
    primaries: picture.color_primaries,
    transfer: picture.color_transfer,
    width: picture.width ?? 0,
    height: picture.height ?? 0,
  };
}

function isBrowserPicture(picture: ProbeStream, frameRate: Ratio): boolean {
  const { width = 0, height = 0 } = picture;
  const pixel = parseRatio(picture.sample_aspect_ratio?.replace(":", "/"));
  const own = parseRatio(picture.avg_frame_rate);
  return (
    picture.codec_name === "h264" &&
    picture.pix_fmt === "yuv420p" &&
    BROWSER_PROFILES.has(picture.profile ?? "") &&
    (picture.level ?? Infinity) <= MAX_COPIED_LEVEL &&
    (picture.bit_rate ?? 0) <= HOPELESS_BITS_PER_SECOND &&
    !isInterlaced(picture) &&
    isPlainColor(colorsOf(picture)) &&
    (pixel === null || pixel.numerator === pixel.denominator) &&
    // A turned or mirrored picture carries a matrix that players of segments ignore.
    rotationOf(picture) === 0 &&
    !picture.side_data_list.some(({ side_data_type: type }) => type === "Display Matrix") &&
    Math.max(width, height) <= MAX_COPIED_SIDES.long &&
    Math.min(width, height) <= MAX_COPIED_SIDES.short &&
    own !== null &&
    Math.abs(own.numerator / own.denominator - frameRate.numerator / frameRate.denominator) < 1
  );
}

/** Tracks of sound, the default one first. */
function readAudio(streams: readonly ProbeStream[]): AudioTrack[] {
  const isDefault = ({ disposition }: ProbeStream) => (disposition["default"] === 1 ? 0 : 1);
  return streams
    .filter(({ codec_type: type, channels = 0 }) => type === "audio" && channels > 0)
    .sort((a, b) => isDefault(a) - isDefault(b))
    .map((track) => ({ track: track.index, browserSound: isBrowserSound(track) }));
}

function isBrowserSound(audio: ProbeStream): boolean {
  return (
    audio.codec_name === "aac" &&
    audio.profile === "LC" &&
    (audio.channels ?? 0) <= 2 &&
    [44_100, 48_000].includes(audio.sample_rate ?? 0) &&
    (audio.bit_rate ?? 0) <= MAX_COPIED_AUDIO_BITS_PER_SECOND
  );
}
