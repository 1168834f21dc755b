import sharp from "sharp";
import { KNOWN_TEXT } from "./known-text.ts";

export interface Scan {
  readonly name: string;
  readonly language: keyof typeof KNOWN_TEXT;
  readonly dpi: number;
  /** Clockwise, as it lay in the scanner, degrees. */
  readonly turned?: number;
  /** Standard deviation of the noise, of 255. */
  readonly noise?: number;
  /** Default: Liberation Serif and Noto Sans CJK KR. */
  readonly font?: string;
}

const FONTS = { en: "Liberation Serif", ko: "Noto Sans CJK KR" } as const;
const POINTS = 11;

/** A page as a scanner would give it, grey PNG: A4. */
export async function makeScan(scan: Scan): Promise<Buffer> {
  const { language, dpi, turned = 0, noise = 0, font = FONTS[language] } = scan;
  const size = (POINTS / 72) * dpi;
  const [width, height] = [Math.round(8.27 * dpi), Math.round(11.69 * dpi)];
  const lines = KNOWN_TEXT[language].map(
    (line, i) =>
      `<text x="${dpi * 0.8}" y="${dpi * 0.9 + i * size * 1.58}" font-family="${font}" font-size="${size}">${line}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="white"/>${lines.join("")}</svg>`;
  const page = await sharp(Buffer.from(svg)).flatten({ background: "#ffffff" }).greyscale().png().toBuffer();
  const sheet = await sharp(page)
    .rotate(turned, { background: "#ffffff" })
    .toColourspace("b-w")
    .raw()
    .toBuffer({
      resolveWithObject: true,
    });
  if (noise > 0) addNoise(sheet.data, noise);
  const raw = { width: sheet.info.width, height: sheet.info.height, channels: 1 } as const;
  return sharp(sheet.data, { raw }).png().toBuffer();
}

/** The same at every run: a generator with a fixed seed (mulberry32), summed to something like a bell. */
function addNoise(grey: Uint8Array, deviation: number): void {
  let state = 20_260_301;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < grey.length; i++) {
    const bell = (random() + random() + random() - 1.5) * 2 * deviation;
    grey[i] = Math.min(255, Math.max(0, Math.round((grey[i] ?? 255) * 0.92 + 10 + bell)));
  }
}
