import type { Kind } from "../terms.ts";
import { asMembers, isMembers, numberOrNull, readEach, textOrNull, wholeOrNull } from "./members.ts";
import type { NamedJob } from "./watch-routes.ts";

/** Ids of both kinds: as they are asked for, live, or missing. */
export interface NamesBody {
  readonly videos: readonly string[];
  readonly jobs: readonly string[];
}

/** What a tenant has going on, as a batch with `active=1` and the event `list` tell it. Snapshots stand elsewhere. */
export interface LiveListBody {
  /** The newest live ones, newest first, at most 100 in all. */
  readonly live: NamesBody;
  /** The last that ended, at most 100 in all, of 24 h: id → when, Unix ms. Another time is another end: ask anew. */
  readonly ended: {
    readonly videos: Readonly<Record<string, number>>;
    readonly jobs: Readonly<Record<string, number>>;
  };
  /** How many live ones there are else. */
  readonly more: number;
  /** Job types that no worker can run now → the reason's code. */
  readonly waiting: Readonly<Record<string, string>>;
}

/** A job that has ended. */
export interface NamedEnd {
  readonly ref: NamedJob;
  /** Unix ms. */
  readonly endedAtMs: number;
}

/** The lists of a tenant, by name. */
export interface LiveList {
  readonly live: readonly NamedJob[];
  /** Newest first. */
  readonly ended: readonly NamedEnd[];
  readonly more: number;
  readonly waiting: ReadonlyMap<string, string>;
}

const PARTS = { video: "videos", job: "jobs" } as const satisfies Record<Kind, keyof NamesBody>;

/** Jobs as the wire names several. */
export function namesBody(jobs: readonly NamedJob[]): NamesBody {
  const idsOf = (kind: Kind): string[] => jobs.filter((job) => job.kind === kind).map(({ id }) => id);
  return { videos: idsOf("video"), jobs: idsOf("job") };
}

/** Jobs that a body names; none for what names none. Nothing says that the ids are of the alphabet. */
export function readNames(body: unknown): readonly NamedJob[] {
  const members = asMembers(body);
  const named = (kind: Kind): readonly NamedJob[] =>
    readEach(members[PARTS[kind]], (id) => (typeof id === "string" ? { kind, id } : null));
  return [...named("video"), ...named("job")];
}

/** A tenant's lists as they travel. */
export function liveListBody({ live, ended, more, waiting }: LiveList): LiveListBody {
  const endsOf = (kind: Kind): Readonly<Record<string, number>> =>
    Object.fromEntries(
      ended.filter(({ ref }) => ref.kind === kind).map(({ ref, endedAtMs }) => [ref.id, endedAtMs]),
    );
  return {
    live: namesBody(live),
    ended: { videos: endsOf("video"), jobs: endsOf("job") },
    more,
    waiting: Object.fromEntries(waiting),
  };
}

/** A tenant's lists; null for a body that tells none. Each list is newest first. */
export function readLiveList(body: unknown): LiveList | null {
  const { live, ended, more, waiting } = asMembers(body);
  if (!isMembers(live)) return null;
  const ends = (Object.keys(PARTS) as readonly Kind[]).flatMap((kind) =>
    Object.entries(asMembers(asMembers(ended)[PARTS[kind]])).flatMap(([id, ms]): readonly NamedEnd[] => {
      const endedAtMs = numberOrNull(ms);
      return endedAtMs === null ? [] : [{ ref: { kind, id }, endedAtMs }];
    }),
  );
  const reasons = Object.entries(asMembers(waiting)).flatMap(
    ([jobType, reason]): readonly [string, string][] => {
      const code = textOrNull(reason);
      return code === null ? [] : [[jobType, code]];
    },
  );
  return {
    live: readNames(live),
    ended: ends.sort((a, b) => b.endedAtMs - a.endedAtMs),
    more: wholeOrNull(more) ?? 0,
    waiting: new Map(reasons),
  };
}
