/** A colour as SDR shows it: red, green, blue, 0–255. */
export type BarColor = readonly [red: number, green: number, blue: number];

/**
 * Grey, yellow, cyan, green, magenta, red, blue, and a dark grey: each below SDR's white. No channel is 0: there a step of a
 * 10-bit file is worth a dozen of SDR's, whatever converts it.
 */
export const BAR_COLORS: readonly BarColor[] = [
  ...([
    [191, 191, 191],
    [191, 191, 64],
    [64, 191, 191],
    [64, 191, 64],
  ] as const),
  ...([
    [191, 64, 191],
    [191, 64, 64],
    [64, 64, 191],
    [64, 64, 64],
  ] as const),
];
/** What HDR bars have behind them: SDR's white and what is brighter, cd/m². */
export const BRIGHT_NITS: readonly number[] = [203, 406, 1_000];
/** How many bars of equal width the chart has; all but the colours are grey. */
export const BARS = BAR_COLORS.length + BRIGHT_NITS.length;

/** Which numbers stand for a colour: SDR in BT.709's, BT.2020's and Display P3's primaries, or HDR in BT.2020's. */
export type BarLight = "bt709" | "bt2020" | "p3" | "pq" | "hlg";

const SDR_WHITE_NITS = 203;
const SDR_GAMMA = 2.4;
/** ITU-R BT.2087, table 1. */
const TO_BT2020 = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
] as const;
/** Of the primaries of SMPTE RP 431-2 with white D65. */
const TO_P3 = [
  [0.822_462, 0.177_538, 0],
  [0.033_194, 0.966_806, 0],
  [0.017_083, 0.072_397, 0.910_52],
] as const;

/**
 * The chart as a picture (PPM, 16 bit, a pixel per bar): ffmpeg widens it by `scale=W:H:flags=neighbor`. Worked out here
 * from the standards' formulas, so that no program's conversion is compared with its own.
 */
export function barChart(light: BarLight): Buffer {
  const bars = [
    ...BAR_COLORS.map((color) => color.map((code) => (code / 255) ** SDR_GAMMA)),
    ...BRIGHT_NITS.map((nits) => [nits, nits, nits].map((each) => each / SDR_WHITE_NITS)),
  ];
  const pixels = bars.flatMap((linear) => encode(light, linear as [number, number, number]));
  const body = Buffer.alloc(pixels.length * 2);
  for (const [index, value] of pixels.entries())
    body.writeUInt16BE(Math.round(Math.min(1, Math.max(0, value)) * 65_535), index * 2);
  return Buffer.concat([Buffer.from(`P6\n${BARS} 1\n65535\n`), body]);
}

/** @param linear light of BT.709's primaries; 1 is SDR's white. */
function encode(light: BarLight, linear: readonly [number, number, number]): readonly number[] {
  const toSdr = (values: readonly number[]) => values.map((each) => each ** (1 / SDR_GAMMA));
  if (light === "bt709") return toSdr(linear);
  if (light === "p3") return toSdr(times(TO_P3, linear));
  const wide = times(TO_BT2020, linear);
  if (light === "bt2020") return toSdr(wide);
  const nits = wide.map((each) => each * SDR_WHITE_NITS);
  return nits.map(light === "pq" ? toPq : toHlg);
}

function times(matrix: readonly (readonly number[])[], [red, green, blue]: readonly number[]): number[] {
  return matrix.map(([r = 0, g = 0, b = 0]) => r * (red ?? 0) + g * (green ?? 0) + b * (blue ?? 0));
}

/** SMPTE ST 2084, equation 5.2. */
function toPq(nits: number): number {
  const power = (nits / 10_000) ** (2_610 / 16_384);
  return ((3_424 / 4_096 + (2_413 / 128) * power) / (1 + (2_392 / 128) * power)) ** ((2_523 / 4_096) * 128);
}

/** ITU-R BT.2100, table 5, for a display of 1,000 cd/m²: the system gamma backwards by channel, then the OETF. */
function toHlg(nits: number): number {
  const scene = (nits / 1_000) ** (1 / 1.2);
  if (scene <= 1 / 12) return Math.sqrt(3 * scene);
  return 0.178_832_77 * Math.log(12 * scene - 0.284_668_92) + 0.559_910_73;
}
