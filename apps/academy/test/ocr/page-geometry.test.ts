import sharp from "sharp";
import { expect, it } from "vitest";
import { makeScan } from "../../../../bench/src/ocr/make-scan.ts";
import { toGrey } from "../../src/jobs/ocr/reader/grey-picture.ts";
import { pageGeometry } from "../../src/jobs/ocr/reader/page-geometry.ts";

// A page full of Korean is nearly as even down the page as along its lines, and its margin is its sharpest edge.
it.each([
  ["ko", 0, false, 0],
  ["ko", 90, true, 0],
  ["ko", 3, false, -3],
  ["en", 0, false, 0],
  ["en", 270, true, 0],
  ["en", -5, false, 5],
] as const)(
  "a full page of %s, turned by %i°, is seen to lie so",
  async (language, turned, isSideways, skew) => {
    const scan = await makeScan({ name: "", language, dpi: 300, turned });
    const seen = await pageGeometry(await toGrey(sharp(scan)));
    expect(seen).toMatchObject({ isSideways });
    expect(Math.abs(seen.skew - skew)).toBeLessThanOrEqual(0.2);
  },
);
