import type { Said } from "@statusplane/test-support";

/** A job that was made up: its steps, and all that it says of itself. */
export interface PlayedShape {
  readonly name: string;
  readonly steps: readonly { readonly key: string; readonly weight: number }[];
  readonly said: readonly Said[];
  readonly totalMs: number;
  readonly isResumed?: boolean;
}

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly everyMs: number;
  /** Default 0. */
  readonly fromPercent?: number;
}

/** Constant speed up to 100 %. */
function evenly({ fromMs, toMs, everyMs, fromPercent = 0 }: Stretch): readonly Said[] {
  const said: Said[] = [];
  for (let atMs = fromMs + everyMs; atMs <= toMs; atMs += everyMs) {
    const share = (atMs - fromMs) / (toMs - fromMs);
    said.push({ atMs, percent: fromPercent + share * (100 - fromPercent) });
  }
  return said;
}

const VIDEO_STEPS = [
  { key: "probe", weight: 3 },
  { key: "encode", weight: 92 },
  { key: "poster", weight: 3 },
  { key: "publish", weight: 2 },
];

/** The video job with a tool of perfectly constant speed, which needs a moment to warm up. */
function constant(seconds: number): PlayedShape {
  const totalMs = seconds * 1_000;
  const [fromMs, toMs] = [1_200, totalMs - 300];
  return {
    name: `constant, ${seconds} s`,
    steps: VIDEO_STEPS,
    said: [
      { atMs: 0, step: "probe" },
      { atMs: 400, step: "encode" },
      ...evenly({ fromMs, toMs, everyMs: 250 }),
      { atMs: toMs, step: "poster" },
      { atMs: toMs + 100, step: "publish" },
    ],
    totalMs,
  };
}

const TWO_STEPS = [
  { key: "check", weight: 25 },
  { key: "import", weight: 75 },
];

/** The first step takes half the time, twice what its weight says. */
const slowFirst: PlayedShape = {
  name: "slow first step",
  steps: TWO_STEPS,
  said: [
    { atMs: 0, step: "check" },
    ...evenly({ fromMs: 0, toMs: 60_000, everyMs: 500 }),
    { atMs: 60_000, step: "import" },
    ...evenly({ fromMs: 60_000, toMs: 120_000, everyMs: 500 }),
  ],
  totalMs: 120_000,
};

/** The first step took a second, a seventieth of what its weight says. */
const quickFirst: PlayedShape = {
  name: "first step of a second",
  steps: TWO_STEPS,
  said: [
    { atMs: 0, step: "check" },
    { atMs: 1_000, step: "import" },
    ...evenly({ fromMs: 1_000, toMs: 90_000, everyMs: 500 }),
  ],
  totalMs: 90_000,
};

const manyShort: PlayedShape = {
  name: "60 steps of a second",
  steps: Array.from({ length: 60 }, (_, index) => ({ key: `s${index}`, weight: 1 })),
  said: Array.from({ length: 60 }, (_, index) => ({ atMs: index * 1_000, step: `s${index}` })),
  totalMs: 60_000,
};

/** Five reports within 50 ms, then 4 s of nothing. */
const bursts: PlayedShape = {
  name: "bursts",
  steps: [{ key: "work", weight: 1 }],
  said: [
    { atMs: 0, step: "work" },
    ...Array.from({ length: 100 }, (_, index) => ({
      atMs: 4_000 * (Math.floor(index / 5) + 1) + (index % 5) * 10,
      percent: index + 1,
    })),
  ],
  totalMs: 80_100,
};

/** Ten pages, 8 s each. */
const coarse: PlayedShape = {
  name: "coarse hops",
  steps: [{ key: "pages", weight: 1 }],
  said: [{ atMs: 0, step: "pages" }, ...evenly({ fromMs: 0, toMs: 80_000, everyMs: 8_000 })],
  totalMs: 80_000,
};

/** What the attempt before did is there after 2 s. */
const resumed: PlayedShape = {
  name: "resumed at 60 %",
  steps: TWO_STEPS,
  said: [
    { atMs: 0, step: "check" },
    { atMs: 500, step: "import" },
    { atMs: 2_000, percent: 60 },
    ...evenly({ fromMs: 2_000, toMs: 62_000, everyMs: 500, fromPercent: 60 }),
  ],
  totalMs: 62_000,
  isResumed: true,
};

/** One of each shape that jobs come in. */
export const PLAYED_SHAPES: readonly PlayedShape[] = [
  constant(10),
  constant(100),
  constant(600),
  constant(7_200),
  slowFirst,
  quickFirst,
  manyShort,
  bursts,
  coarse,
  resumed,
];
