import type { KnownError } from "@statusplane/core";
import { VIDEO_ERRORS } from "./video-errors.ts";

/** Types of the first box of .mp4 and .mov files: old QuickTime files, segments and some recorders begin without `ftyp`. */
const FIRST_BOXES: ReadonlySet<string> = new Set([
  ...["ftyp", "styp", "moov", "mdat", "wide", "free", "skip", "pnot", "uuid"],
]);
/** Brands of still pictures in the same container: HEIC and AVIF. A sequence of pictures has others. */
const STILL_BRANDS: ReadonlySet<string> = new Set(["mif1", "heic", "heix", "avif"]);
/** EBML: .mkv and .webm. */
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

/**
 * A cheap look at a file's first bytes, for the submit: the error to refuse it with, or null when it may be a video.
 * Whether it is one, ffprobe says later.
 */
export function looksLikeVideo(firstBytes: Uint8Array): KnownError | null {
  if (firstBytes.length === 0) return "file_empty";
  if (EBML.every((byte, index) => firstBytes[index] === byte)) return null;
  const box = String.fromCharCode(...firstBytes.subarray(4, 8));
  const brand = String.fromCharCode(...firstBytes.subarray(8, 12));
  return FIRST_BOXES.has(box) && !(box === "ftyp" && STILL_BRANDS.has(brand))
    ? null
    : VIDEO_ERRORS.not_a_video;
}
