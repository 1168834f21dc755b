import sharp, { type Sharp } from "sharp";
import { OCR_LIMITS } from "../ocr-limits.ts";
import type { PageTurn } from "../page-reading.ts";

/** A picture in memory: one byte a pixel, 0 black, row by row. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The long side of the picture that people see, pixels. */
const SHOWN_PIXELS = 1_600;
const JPEG_QUALITY = 78;
/** Turning by less blurs more than it helps, degrees. */
const MIN_SKEW = 0.2;

/** What sharp may unpack, however it is asked. */
export const SHARP_LIMITS = {
  limitInputPixels: OCR_LIMITS.maxPixels,
  failOn: "error",
  sequentialRead: true,
} as const;

export function asSharp({ data, width, height }: GreyPicture): Sharp {
  return sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: OCR_LIMITS.maxPixels * 2 });
}

/** Runs what was asked of sharp, to grey bytes. */
export async function toGrey(image: Sharp): Promise<GreyPicture> {
  const { data, info } = await image
    .flatten({ background: "#ffffff" })
    .greyscale()
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Turns a picture upright, white where nothing was. @param scale how much larger it becomes, default 1. */
export async function turned(
  picture: GreyPicture,
  { quarter, skew }: PageTurn,
  scale = 1,
): Promise<GreyPicture> {
  const upright = quarter === 0 ? picture : await toGrey(asSharp(picture).rotate(quarter));
  const bends = Math.abs(skew) >= MIN_SKEW;
  if (!bends && scale === 1) return upright;
  const larger =
    scale === 1
      ? upright
      : await toGrey(
          asSharp(upright).resize({ width: Math.round(upright.width * scale), kernel: "lanczos3" }),
        );
  return bends ? toGrey(asSharp(larger).rotate(skew, { background: "#ffffff" })) : larger;
}

/** Writes the picture that people see, and answers its size. */
export async function writeShown(
  picture: GreyPicture,
  path: string,
): Promise<{ readonly width: number; readonly height: number }> {
  const { width, height } = await asSharp(picture)
    .resize({ width: SHOWN_PIXELS, height: SHOWN_PIXELS, fit: "inside", withoutEnlargement: true })
    .toColourspace("b-w")
    .jpeg({ quality: JPEG_QUALITY })
    .toFile(path);
  return { width, height };
}

/** A part of a picture; what lies beyond its edge is left out. */
export function cropped(
  { width, height, data }: GreyPicture,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): GreyPicture {
  const left = Math.max(0, Math.floor(area.x));
  const top = Math.max(0, Math.floor(area.y));
  const right = Math.min(width, Math.ceil(area.x + area.width));
  const bottom = Math.min(height, Math.ceil(area.y + area.height));
  const part = { width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
  const bytes = new Uint8Array(part.width * part.height).fill(255);
  for (let row = 0; row < bottom - top; row++) {
    const from = (top + row) * width + left;
    bytes.set(data.subarray(from, from + part.width), row * part.width);
  }
  return { ...part, data: bytes };
}
