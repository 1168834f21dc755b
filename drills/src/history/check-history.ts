import { compareSnapshots, isTerminal } from "@statusplane/core";
import type { Violation } from "../drill.ts";
import type { HistoryLine, Sight } from "./history-line.ts";
import type { CommittedChange } from "./job-history.ts";

export interface CheckOptions {
  readonly lines: readonly HistoryLine[];
  readonly committed: readonly CommittedChange[];
  /** The status store lost data in this leg: a raw poller may then see a step back (I6), a client may not. */
  readonly dataWasLost: boolean;
  /** Which marker a tenant's jobs carry. */
  readonly markerOf: (tenant: string, id: string) => string | undefined;
}

/** Judges what watchers saw against each other and against what was committed: I1, I3, I5, I6, and the rows alone. */
export function checkHistory(options: CheckOptions): Violation[] {
  const sights = options.lines.filter((line): line is HistoryLine & Sight => line.what === "saw");
  return [
    ...checkOrder(sights, options.dataWasLost),
    ...checkCommitted(sights, options.committed),
    ...checkMarkers(sights, options.markerOf),
    ...checkRows(options.committed),
  ];
}

/** I6 for each watcher alone; I1 where the step back was from a terminal status within the attempt. */
function checkOrder(sights: readonly (HistoryLine & Sight)[], dataWasLost: boolean): Violation[] {
  const last = new Map<string, HistoryLine & Sight>();
  const found: Violation[] = [];
  for (const sight of sights) {
    const key = `${sight.watcher} ${jobKey(sight)}`;
    const before = last.get(key);
    last.set(key, sight);
    if (before === undefined || (sight.sees === "raw" && dataWasLost)) continue;
    const order = compareSnapshots(before, sight);
    const same = before.attempt === sight.attempt;
    const regressed = same && isTerminal(before.status) && before.status !== sight.status;
    const fell = same && !isTerminal(sight.status) && (before.percent ?? 0) > (sight.percent ?? 0);
    if (regressed) found.push(violation("I1", before, sight));
    else if (order > 0 || (fell && sight.status === before.status)) {
      found.push(violation("I6", before, sight));
    }
  }
  return found;
}

function violation(
  invariant: "I1" | "I6",
  before: HistoryLine & Sight,
  sight: HistoryLine & Sight,
): Violation {
  return { invariant, what: `${JSON.stringify(before)} then ${JSON.stringify(sight)}` };
}

/** I3: a terminal status that somebody saw was committed for that attempt. */
function checkCommitted(sights: readonly Sight[], committed: readonly CommittedChange[]): Violation[] {
  const ends = new Set(committed.map((change) => `${jobKey(change)} ${change.attempt} ${change.status}`));
  return sights
    .filter(({ status }) => isTerminal(status))
    .filter((sight) => !ends.has(`${jobKey(sight)} ${sight.attempt} ${sight.status}`))
    .map((sight) => ({ invariant: "I3", what: `never committed: ${JSON.stringify(sight)}` }));
}

/** I5: whatever carries a marker carries its own job's. */
function checkMarkers(sights: readonly Sight[], markerOf: CheckOptions["markerOf"]): Violation[] {
  return sights
    .filter(({ marker }) => marker !== null)
    .filter(({ marker, tenant, id }) => (markerOf(tenant, id) ?? marker) !== marker)
    .map((sight) => ({ invariant: "I5", what: `a foreign marker: ${JSON.stringify(sight)}` }));
}

/** I1 in the rows: one terminal status per attempt, attempts rise by one, an attempt is claimed once. */
function checkRows(committed: readonly CommittedChange[]): Violation[] {
  const last = new Map<string, CommittedChange>();
  const found: Violation[] = [];
  for (const change of committed) {
    const before = last.get(jobKey(change));
    last.set(jobKey(change), change);
    if (before === undefined) continue;
    const next =
      change.status === "PENDING"
        ? change.attempt === before.attempt + 1
        : change.attempt === before.attempt && !isTerminal(before.status) && change.status !== before.status;
    if (!next) {
      found.push({ invariant: "I1", what: `row: ${JSON.stringify(before)} then ${JSON.stringify(change)}` });
    }
  }
  return found;
}

function jobKey({ tenant, kind, id }: Pick<Sight, "tenant" | "id"> & { readonly kind: string }): string {
  return `${tenant}.${kind}.${id}`;
}
