import type { Sentinel } from "./status-store-ports.ts";

/** A sentinel as stores with texts keep it; exactly so, since the write compares texts. */
export function encodeSentinel({ tick, tickedAtMs }: Sentinel): string {
  return `{"tick":${tick},"tickedAtMs":${tickedAtMs}}`;
}

/** Null for anything that is not ours: it then counts as missing. */
export function parseSentinel(text: string | null): Sentinel | null {
  const [, tick, tickedAtMs] = /^\{"tick":(\d+),"tickedAtMs":(-?[\d.]+)\}$/.exec(text ?? "") ?? [];
  return tick === undefined ? null : { tick: Number(tick), tickedAtMs: Number(tickedAtMs) };
}
