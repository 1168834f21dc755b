import {
  asMembers,
  MAX_REPORT_AGE_MS,
  MAX_REPORT_RANGES,
  MAX_REPORT_SECONDS,
  numberOrNull,
  readEach,
  textOrNull,
  type ReportBody,
  type SecondsRange,
} from "@statusplane/core/wire";
import type { Manner } from "./recorder.ts";
import { mergeRanges } from "./watched-seconds.ts";

/** What a player played, kept until the server has it. */
export interface KeptReport extends Manner {
  readonly videoId: string;
  /** One loading of a player. */
  readonly player: string;
  readonly ranges: readonly SecondsRange[];
  readonly positionSeconds: number;
  /** The fastest. */
  readonly speed: number;
  /** It is the player's last: its place is free. */
  readonly isLeft: boolean;
  /** Unix ms: when it was so, by this machine's clock. */
  readonly atMs: number;
}

const keyOf = ({ videoId, player, isMuted, isHidden }: KeptReport): string =>
  JSON.stringify([videoId, player, isMuted, isHidden]);

/** Fewer reports that say the same: one for each player and manner, as of its newest. */
export function mergeReports(reports: readonly KeptReport[]): readonly KeptReport[] {
  const merged = new Map<string, KeptReport>();
  for (const report of [...reports].sort((one, other) => one.atMs - other.atMs)) {
    const before = merged.get(keyOf(report));
    const ranges = mergeRanges([...(before?.ranges ?? []), ...report.ranges]);
    const speed = Math.max(before?.speed ?? 0, report.speed);
    merged.delete(keyOf(report)); // the newest last
    merged.set(keyOf(report), { ...report, ranges, speed });
  }
  return [...merged.values()];
}

/** The report as it is sent. @param nowMs Unix ms. */
export function bodyOf(report: KeptReport, nowMs: number): ReportBody {
  const {
    videoId: video,
    player,
    positionSeconds: position,
    ranges,
    speed,
    isMuted,
    isHidden,
    isLeft: left,
    atMs,
  } = report;
  const ago_ms = Math.round(Math.min(MAX_REPORT_AGE_MS, Math.max(0, nowMs - atMs)));
  return { video, player, ranges, position, speed, muted: isMuted, hidden: isHidden, left, ago_ms };
}

/** The report in parts that the server takes; one without ranges says where the player stands, and is one. */
export function portionsOf(report: KeptReport): readonly KeptReport[] {
  const all: SecondsRange[][] = [[]];
  let seconds = 0;
  for (const range of report.ranges.flatMap(split)) {
    const size = range[1] - range[0];
    if ((all.at(-1)?.length ?? 0) >= MAX_REPORT_RANGES || seconds + size > MAX_REPORT_SECONDS) {
      all.push([]);
      seconds = 0;
    }
    all.at(-1)?.push(range);
    seconds += size;
  }
  return all.map((ranges) => ({ ...report, ranges }));
}

function split([from, to]: SecondsRange): readonly SecondsRange[] {
  const count = Math.ceil((to - from) / MAX_REPORT_SECONDS);
  return Array.from({ length: count }, (_, index) => {
    const start = from + index * MAX_REPORT_SECONDS;
    return [start, Math.min(to, start + MAX_REPORT_SECONDS)];
  });
}

/** What was written by {@link JSON.stringify}; null for anything else: another version's, or damaged. */
export function readKeptReport(text: string | null): KeptReport | null {
  let members;
  try {
    members = asMembers(JSON.parse(text ?? "null"));
  } catch {
    return null; // not written by us
  }
  const [videoId, player] = [textOrNull(members["videoId"]), textOrNull(members["player"])];
  const [positionSeconds, speed, atMs] = ["positionSeconds", "speed", "atMs"].map((name) =>
    numberOrNull(members[name]),
  );
  if (videoId === null || player === null || positionSeconds == null || speed == null || atMs == null) {
    return null;
  }
  return {
    ...{ videoId, player, positionSeconds, speed, atMs },
    ranges: readEach(members["ranges"], readRange),
    isMuted: members["isMuted"] === true,
    isHidden: members["isHidden"] === true,
    isLeft: members["isLeft"] === true,
  };
}

function readRange(value: unknown): SecondsRange | null {
  const [from, to] = Array.isArray(value) ? value.map(numberOrNull) : [];
  return from == null || to == null || to <= from ? null : [from, to];
}
