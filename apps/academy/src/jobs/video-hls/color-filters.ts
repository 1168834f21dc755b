/** How a picture's numbers become light, as far as its file says so; names are ffmpeg's. */
export interface SourceColors {
  /** e.g. `yuv420p10le`. */
  readonly pixelFormat: string;
  /** Undefined where the file does not say. */
  readonly range: string | undefined;
  readonly matrix: string | undefined;
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
  /** Coded pixels: by them players guess the matrix of a file that does not name it. */
  readonly width: number;
  readonly height: number;
}

const HDR_TRANSFERS: ReadonlySet<string> = new Set(["smpte2084", "arib-std-b67"]);
/** Reds and greens that BT.709 does not have. Those of BT.601 count as BT.709's: players show them alike. */
const WIDE_PRIMARIES: ReadonlySet<string> = new Set(["bt2020", "smpte431", "smpte432"]);
const PLAIN_PRIMARIES: ReadonlySet<string | undefined> = new Set([
  ...[undefined, "unknown", "bt709", "smpte170m", "bt470bg", "smpte240m"],
]);
const PLAIN_TRANSFERS: ReadonlySet<string | undefined> = new Set([
  ...[undefined, "unknown", "bt709", "smpte170m", "bt470bg", "bt470m", "smpte240m", "iec61966-2-1"],
]);
const BT601_MATRICES: ReadonlySet<string> = new Set(["smpte170m", "bt470bg"]);
/** What the filter `scale` converts; the others are left to `zscale`. */
const SCALE_MATRICES: ReadonlySet<string> = new Set([...BT601_MATRICES, "bt709", "fcc", "smpte240m"]);
const RGB = /^(?:gbr|rgb|bgr|argb|abgr|0rgb|0bgr|pal8|x2rgb|x2bgr)/;
/** Without these `scale` is a step or two off, grey as well. */
const EXACT = "flags=bicubic+accurate_rnd+full_chroma_int";
const TAGGED = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709";

/** Whether converting needs `zscale`, a filter that an ffmpeg without libzimg lacks. */
export function needsZscale(colors: SourceColors): boolean {
  const { matrix } = resolved(colors);
  return isHdr(colors) || isWide(colors) || (!isRgb(colors) && !SCALE_MATRICES.has(matrix));
}

/** Whether every player shows the picture's own numbers as its author saw them, so that its packets can be kept. */
export function isPlainColor(colors: SourceColors): boolean {
  const { matrix, range } = resolved(colors);
  return (
    range === "tv" &&
    (matrix === "bt709" || BT601_MATRICES.has(matrix)) &&
    PLAIN_PRIMARIES.has(colors.primaries) &&
    PLAIN_TRANSFERS.has(colors.transfer)
  );
}

/**
 * Filters that make of the decoded picture what every browser shows alike: SDR, BT.709, studio range, 8 bit 4:2:0, and
 * tagged so. HDR is brought down as BT.2408 has it: 203 cd/m² are SDR's white, what is darker keeps its light, what is
 * brighter is rolled off in order; HLG's system gamma is applied to each channel, as zimg does. They keep the size: scale before them, which is cheaper.
 */
export function sdrFilters(colors: SourceColors): readonly string[] {
  if (needsZscale(colors)) return [...zscaleFilters(colors), "format=yuv420p", TAGGED];
  const { matrix, range } = resolved(colors);
  if (!isRgb(colors) && matrix === "bt709" && range === "tv") return ["format=yuv420p", TAGGED];
  const from = isRgb(colors) ? "" : `in_color_matrix=${matrix}:in_range=${range}:`;
  return [`scale=${from}out_color_matrix=bt709:out_range=tv:${EXACT}`, "format=yuv420p", TAGGED];
}

/** The same for a JPEG, whose colours are BT.601's of full range by definition. */
export function jpegFilters(colors: SourceColors): readonly string[] {
  const asJpeg = `scale=in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc:${EXACT}`;
  return [...sdrFilters(colors), asJpeg, "format=yuvj420p"];
}

function isHdr({ transfer }: SourceColors): boolean {
  return HDR_TRANSFERS.has(transfer ?? "");
}

function isWide(colors: SourceColors): boolean {
  const primaries = known(colors.primaries);
  return WIDE_PRIMARIES.has(primaries ?? "") || (primaries === undefined && isBt2020(known(colors.matrix)));
}

function isBt2020(matrix: string | undefined): boolean {
  return matrix?.startsWith("bt2020") ?? false;
}

function isRgb({ pixelFormat }: SourceColors): boolean {
  return RGB.test(pixelFormat);
}

function known(name: string | undefined): string | undefined {
  return name === undefined || ["unknown", "unspecified", "reserved"].includes(name) ? undefined : name;
}

/** What the file says, and where it is silent what players take: HDR is BT.2020, small pictures are BT.601. */
function resolved(colors: SourceColors): { matrix: string; primaries: string; range: "tv" | "pc" } {
  const { pixelFormat, width, height } = colors;
  const beyond = isHdr(colors) || isWide(colors);
  const bySize = width >= 1_280 || height > 576 ? "bt709" : "smpte170m";
  const said = colors.matrix === "gbr" ? undefined : known(colors.matrix);
  return {
    matrix: isRgb(colors) ? "gbr" : (said ?? (beyond ? "bt2020nc" : bySize)),
    primaries: beyond ? (known(colors.primaries) ?? "bt2020") : "bt709",
    range: isRgb(colors) || colors.range === "pc" || pixelFormat.startsWith("yuvj") ? "pc" : "tv",
  };
}

function zscaleFilters(colors: SourceColors): readonly string[] {
  const { matrix, primaries, range } = resolved(colors);
  const from = `:pin=${primaries}:min=${matrix}:rin=${range}`;
  if (!isHdr(colors)) return [`zscale=tin=bt709${from}:t=bt709:p=bt709:m=bt709:r=tv`];
  // Through PQ of 16 bits, whose every value can be looked up: a table costs a fraction of arithmetic on floats.
  const table = pqToSdr();
  return [
    `zscale=tin=${colors.transfer}${from}:t=smpte2084:p=bt709:m=gbr:r=pc`,
    ...["format=gbrp16le", `lutrgb=r='${table}':g='${table}':b='${table}'`],
    "zscale=tin=bt709:pin=bt709:min=gbr:rin=pc:t=bt709:p=bt709:m=bt709:r=tv",
  ];
}

const SDR_WHITE_NITS = 203;
const SDR_GAMMA = 2.4;
/**
 * From KNEE of SDR's range on the curve bends as a logarithm does, from slope 1; white loses 5 of 255 by it, and 10,000
 * cd/m² arrive at exactly 1.
 */
const KNEE = 0.974;
const BEND = 0.003_71;

/** The table's formula, in ffmpeg's language: a PQ value (SMPTE ST 2084, equation 4.1) becomes BT.1886's, rolled off. */
function pqToSdr(): string {
  const [m1, m2] = [2_610 / 16_384, (2_523 / 4_096) * 128];
  const [c1, c2, c3] = [3_424 / 4_096, (2_413 / 4_096) * 32, (2_392 / 4_096) * 32];
  const power = `st(0,pow(val/maxval,${1 / m2}))`;
  const white = `${10_000 / SDR_WHITE_NITS}*pow(max(ld(0)-${c1},0)/(${c2}-${c3}*ld(0)),${1 / m1})`;
  const code = `st(1,pow(${white},${1 / SDR_GAMMA}))`;
  const rolledOff = `min(1,${KNEE}+${BEND}*log(1+(ld(1)-${KNEE})/${BEND}))`;
  return `${power};${code};maxval*if(lte(ld(1),${KNEE}),ld(1),${rolledOff})`;
}
