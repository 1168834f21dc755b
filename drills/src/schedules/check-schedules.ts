import { applyTransition, FINAL_VERSION, isTerminal, type EncodedSnapshot } from "@statusplane/core";
import { setImmediate } from "node:timers/promises";
import { enumerateSchedules } from "./enumerate-schedules.ts";
import { eventLine, headLine, type Message, type Scope, type ScheduleEvent } from "./schedule.ts";
import type { ScheduledStore, Shown } from "./scheduled-store.ts";

/** Violations told in full; more of the same say nothing new. */
const TOLD_MAX = 20;
/** Between breaths, so that timers and signals get their turn. */
const SCHEDULES_PER_BREATH = 5_000;

export interface SchedulesSeen {
  /** Schedules carried out from an empty store, each to its end or its first violation. */
  readonly schedules: number;
  /** Writes and losses. */
  readonly steps: number;
  /** The first ones, each with the schedule that shows it; how many more there were, in the last line. */
  readonly violations: string[];
}

/**
 * Carries out every schedule of a scope on a store, each from its beginning, and judges after each step:
 *
 * - the answer and what is shown are those of `applyTransition`;
 * - without a loss no lower attempt replaces a higher one, within an attempt no version falls and no end is replaced;
 * - progress creates nothing and overtakes nothing;
 * - a live snapshot has the sliding TTL, begun anew by what was accepted and by an equal announcement and by nothing
 *   else; an end has none;
 * - once the highest attempt's end has arrived it is shown, whatever comes after it but a loss.
 *
 * Exhaustive: nothing is sampled. Memory does not grow with the scope.
 */
export async function checkSchedules({
  store,
  onBreath = () => undefined,
  ...scope
}: Scope & {
  readonly store: ScheduledStore;
  /** Called every few thousand schedules with how many there were. */
  readonly onBreath?: (schedules: number) => void;
}): Promise<SchedulesSeen> {
  let schedules = 0;
  let steps = 0;
  let violated = 0;
  const violations: string[] = [];
  for (const schedule of enumerateSchedules(scope)) {
    schedules += 1;
    const problem = carryOut(schedule, store, scope.attempts);
    steps += problem === null ? schedule.length : problem.step + 1;
    if (problem !== null && ++violated <= TOLD_MAX) violations.push(tell(schedule, problem));
    if (schedules % SCHEDULES_PER_BREATH === 0) {
      await setImmediate();
      onBreath(schedules);
    }
  }
  if (violated > TOLD_MAX) violations.push(`and ${violated - TOLD_MAX} more`);
  return { schedules, steps, violations };
}

interface Problem {
  /** Index of the event after which it was seen. */
  readonly step: number;
  readonly what: string;
}

/** What must be shown by the rules. */
interface Due {
  readonly write: EncodedSnapshot;
  readonly renewedAtWrite: number | null;
}

function carryOut(
  schedule: readonly ScheduleEvent[],
  store: ScheduledStore,
  highest: number,
): Problem | null {
  store.empty();
  let due = null as Due | null;
  let shown: Shown | null = null;
  let end: Message | null = null;
  let writes = 0;
  for (const [step, event] of schedule.entries()) {
    if (event.does === "lose") {
      store.empty();
      [due, shown, end, writes] = [null, null, null, 0];
      continue;
    }
    const { message } = event;
    const { kind, write } = message;
    const { answer, effect } = applyTransition(due?.write ?? null, kind, write);
    const renewedAtWrite = ++writes;
    if (effect === "replace")
      due = { write, renewedAtWrite: isTerminal(write.status) ? null : renewedAtWrite };
    else if (effect === "renew" && due !== null) due = { ...due, renewedAtWrite };
    if (kind === "finish" && write.attempt === highest) end = message;
    const answered = store.write(kind, write);
    const before = shown;
    shown = store.shown();
    const what =
      broken(before, shown, message) ??
      (answered === answer ? null : `answered ${answered}, not ${answer}`) ??
      unlike(shown, due) ??
      (end === null || shown?.text === end.write.text ? null : "the end of the highest attempt is not shown");
    if (what !== null) return { step, what };
  }
  return null;
}

function unlike(shown: Shown | null, due: Due | null): string | null {
  if (shown === null || due === null) {
    return shown === due ? null : `shows ${shown === null ? "nothing" : headLine(shown)}`;
  }
  if (shown.text !== due.write.text) return `shows ${headLine(shown)}, not ${headLine(due.write)}`;
  if (shown.renewedAtWrite === due.renewedAtWrite) return null;
  return `its life began anew with write ${shown.renewedAtWrite}, not ${due.renewedAtWrite}`;
}

/** The invariants by themselves, so that they do not stand or fall with `applyTransition`. */
function broken(before: Shown | null, shown: Shown | null, { kind }: Message): string | null {
  if (shown === null) return before === null ? null : "what was shown is gone";
  if (isTerminal(shown.status) !== (shown.renewedAtWrite === null)) return "the TTL does not fit the status";
  if (isTerminal(shown.status) !== (shown.version === FINAL_VERSION))
    return "the version does not fit the status";
  if (before === null) return kind === "progress" ? "progress has created the key" : null;
  if (shown.attempt < before.attempt) return "the attempt fell";
  if (shown.attempt > before.attempt) return kind === "progress" ? "progress has overtaken an attempt" : null;
  if (shown.version < before.version) return "the version fell";
  return isTerminal(before.status) && shown.text !== before.text ? "an end was replaced" : null;
}

function tell(schedule: readonly ScheduleEvent[], { step, what }: Problem): string {
  const events = schedule.slice(0, step + 1).map(eventLine);
  return `${events.join(" → ")}: ${what}`;
}
