import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BAR_COLORS, barChart, BARS, BRIGHT_NITS, type BarLight } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkbench, probe } from "./video-hls-fixtures.ts";

const run = promisify(execFile);
const NEAR = 6;

let bench: Awaited<ReturnType<typeof openWorkbench>>;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

/** A second of the chart; lossless, so that what is measured is the job's. */
async function chart(
  name: string,
  light: BarLight,
  { scale, pixels, tags = [], size = "640:360" }: ChartWishes,
) {
  const still = join(bench.folder, `${light}.ppm`);
  await writeFile(still, barChart(light));
  const wide = `scale=${size}:flags=neighbor${scale === undefined ? "" : `:${scale}`},format=${pixels}`;
  const input = ["-loop", "1", "-framerate", "10", "-t", "0.5", "-i", still, "-vf", wide];
  return bench.source(name, [...input, "-c:v", "ffv1", ...tags]);
}

interface ChartWishes {
  /** Of the filter `scale`: the matrix and range of the file. */
  readonly scale?: string;
  readonly pixels: string;
  readonly tags?: readonly string[];
  readonly size?: string;
}

const tagged = (primaries: string, transfer: string, matrix: string) => [
  ...["-color_primaries", primaries, "-color_trc", transfer, "-colorspace", matrix],
];

/** The middle of each bar, red, green, blue, from the decoded numbers by the standards' own formulas. */
async function barsOf(path: string, { matrix, range }: Numbers): Promise<number[][]> {
  const [size = ""] = await probe(path, "stream=width,height");
  const [width = 0, height = 0] = size.split(",").map(Number);
  const args = ["-v", "error", "-i", path, "-frames:v", "1", "-f", "rawvideo", "-"];
  const { stdout } = await run("ffmpeg", args, { encoding: "buffer", maxBuffer: 2 ** 24 });
  const chroma = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const mean = (from: number, plane: { width: number; height: number }, bar: number): number => {
    const left = Math.floor(((bar + 0.5) * plane.width) / BARS) - 2;
    const row = from + Math.floor(plane.height / 2) * plane.width + left;
    return stdout.subarray(row, row + 4).reduce((sum, each) => sum + each, 0) / 4;
  };
  const blueAt = width * height;
  return Array.from({ length: BARS }, (_, bar) => {
    const [y, cb, cr] = [
      mean(0, { width, height }, bar),
      mean(blueAt, chroma, bar) - 128,
      mean(blueAt + chroma.width * chroma.height, chroma, bar) - 128,
    ];
    const [kr, kb] = matrix === "bt709" ? [0.2126, 0.0722] : [0.299, 0.114];
    const [light, difference] = range === "tv" ? [((y - 16) * 255) / 219, 255 / 224] : [y, 1];
    const red = light + 2 * (1 - kr) * cr * difference;
    const blue = light + 2 * (1 - kb) * cb * difference;
    const green = (light - kr * red - kb * blue) / (1 - kr - kb);
    return [red, green, blue].map((each) => Math.min(255, Math.max(0, each)));
  });
}

interface Numbers {
  readonly matrix: "bt709" | "bt601";
  readonly range: "tv" | "pc";
}

function expectNear(bars: readonly (readonly number[])[]): void {
  for (const [index, color] of BAR_COLORS.entries()) {
    const apart = color.map((code, channel) => Math.abs(code - (bars[index]?.[channel] ?? 999)));
    expect(
      Math.max(...apart),
      `bar ${index}: ${bars[index]?.map(Math.round).join()} for ${color.join()}`,
    ).toBeLessThanOrEqual(NEAR);
  }
}

describe("colours are those of the source, in the renditions and the poster", { timeout: 60_000 }, () => {
  test.for<[string, BarLight, ChartWishes]>([
    [
      "HDR10",
      "pq",
      {
        scale: "out_color_matrix=bt2020",
        pixels: "yuv420p10le",
        tags: tagged("bt2020", "smpte2084", "bt2020nc"),
      },
    ],
    [
      "PQ that names nothing but its curve",
      "pq",
      { scale: "out_color_matrix=bt2020", pixels: "yuv420p10le", tags: ["-color_trc", "smpte2084"] },
    ],
    [
      "HLG",
      "hlg",
      {
        scale: "out_color_matrix=bt2020",
        pixels: "yuv420p10le",
        tags: tagged("bt2020", "arib-std-b67", "bt2020nc"),
      },
    ],
    [
      "SDR of BT.2020",
      "bt2020",
      {
        scale: "out_color_matrix=bt2020",
        pixels: "yuv420p10le",
        tags: tagged("bt2020", "bt2020-10", "bt2020nc"),
      },
    ],
    [
      "Display P3",
      "p3",
      { scale: "out_color_matrix=bt709", pixels: "yuv420p", tags: tagged("smpte432", "bt709", "bt709") },
    ],
    [
      "BT.709 of HD",
      "bt709",
      {
        scale: "out_color_matrix=bt709",
        pixels: "yuv420p",
        size: "1280:720",
        tags: tagged("bt709", "bt709", "bt709"),
      },
    ],
    ["SD that says nothing", "bt709", { scale: "out_color_matrix=bt601", pixels: "yuv420p" }],
    [
      "full range",
      "bt709",
      {
        scale: "out_color_matrix=bt709:out_range=pc",
        pixels: "yuv420p10le",
        tags: [...tagged("bt709", "bt709", "bt709"), "-color_range", "pc"],
      },
    ],
    ["RGB", "bt709", { pixels: "bgr0" }],
  ])("%s", async ([name, light, wishes]) => {
    const { outputs, end } = await bench.encode(
      await chart(`${name.replaceAll(" ", "-")}.mkv`, light, wishes),
    );
    await end;
    const tags = "stream=pix_fmt,color_range,color_space,color_transfer,color_primaries";
    expect(await probe(join(outputs, "v0.m3u8"), tags)).toEqual(["yuv420p,tv,bt709,bt709,bt709"]);
    const [rendition, poster] = [
      await barsOf(join(outputs, "v0.m3u8"), { matrix: "bt709", range: "tv" }),
      await barsOf(join(outputs, "poster.jpg"), { matrix: "bt601", range: "pc" }),
    ];
    expectNear(rendition);
    expectNear(poster);
    if (light !== "pq" && light !== "hlg") return;
    for (const bars of [rendition, poster]) {
      const [white = 0, ...brighter] = bars.slice(-BRIGHT_NITS.length).map(([red = 0]) => red);
      expect(Math.abs(255 - white)).toBeLessThanOrEqual(NEAR);
      expect(brighter[0]).toBeGreaterThan(white);
      expect(brighter[1]).toBeGreaterThan(brighter[0] ?? 255);
    }
  });
});
