import type { FullView, SessionLog, ViewRef, ViewState } from "@statusplane/core";

/** Fields of a view's hash that make its state, in the order that `report.lua` answers them. */
export const STATE = [
  "session",
  "version",
  "position",
  "length",
  "seconds",
  "seen",
  "due",
  "attended",
] as const;

const LOG = "log:";

/** A view's state from the values of {@link STATE}; null where there is none. */
export function stateOf(ref: ViewRef, values: readonly unknown[]): ViewState | null {
  const [session, version, position, length, seconds, seen, due, attended] = values.map(numberOrNull);
  if (typeof session !== "number") return null;
  return {
    ref,
    session,
    version: version ?? 0,
    positionSeconds: position ?? null,
    lengthSeconds: length ?? 0,
    watchedSeconds: seconds ?? 0,
    seenAtMs: seen ?? null,
    dueAtMs: due ?? null,
    attendedAtMs: attended ?? null,
  };
}

/** A view with all that is to be written; null where there is none. */
export function fullViewOf(
  ref: ViewRef,
  hash: Readonly<Record<string, string>>,
  watched: Uint8Array,
): FullView | null {
  const state = stateOf(
    ref,
    STATE.map((field) => hash[field]),
  );
  if (state === null) return null;
  const sessions = Object.entries(hash)
    .filter(([field]) => field.startsWith(LOG))
    .map(([field, line]) => sessionOf(Number(field.slice(LOG.length)), line))
    .sort((one, other) => one.session - other.session);
  return { ...state, watched, knownSinceMs: Number(hash["since"] ?? 0), sessions };
}

/** No view has it. */
export const NO_MARK = "-";

/**
 * As settle.lua reads it: a version comes again after a loss of data (an AOF without its last second, a view that was loaded
 * anew), the moment of a report does not.
 */
export function markOf({ version, changed = "" }: Readonly<Record<string, string>>): string {
  return `${version} ${changed}`;
}

function sessionOf(session: number, line: string): SessionLog {
  const [beganAtMs, endedAtMs, countedSeconds, mutedSeconds, hiddenSeconds, speed] = line
    .split(" ")
    .map(Number);
  return {
    session,
    beganAtMs: beganAtMs ?? 0,
    endedAtMs: endedAtMs ?? 0,
    countedSeconds: countedSeconds ?? 0,
    mutedSeconds: mutedSeconds ?? 0,
    hiddenSeconds: hiddenSeconds ?? 0,
    speed: speed ?? 0,
  };
}

/** Redis has texts alone; an absent field is null, in a script's answer empty. */
function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined || value === "" ? null : Number(value);
}
