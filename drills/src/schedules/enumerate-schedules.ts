import { applyTransition, type SnapshotHead } from "@statusplane/core";
import { LOSS, writerOf, type Message, type Scope, type ScheduleEvent, type Writer } from "./schedule.ts";

/** A moment of a schedule, as far as it decides what may come next. */
interface Moment {
  /** How many of its messages each writer has sent. */
  readonly sent: readonly number[];
  /** Writers whose progress found nothing: they announce themselves again before they go on. */
  readonly absent: readonly boolean[];
  readonly arrived: readonly Message[];
  readonly repeats: number;
  readonly losses: number;
  /** What the store shows by the rules. */
  readonly shown: SnapshotHead | null;
}

interface Frame {
  readonly moment: Moment;
  readonly choices: readonly Choice[];
  next: number;
}

interface Choice {
  readonly event: ScheduleEvent;
  /** Whose own message it is; null: a repeat or a loss. */
  readonly writer: number | null;
}

/**
 * Every schedule of the scope, each once: all ways in which the writers' messages can interleave, each message's repeat
 * at every later moment, a loss wherever there is something to lose. Shorter ones (crashes, fewer repeats or losses)
 * are beginnings of these. A writer answered `absent` announces itself again, as if its look at the row had said yes.
 * The yielded array is the enumerator's own: use it before the next one is asked for.
 */
export function* enumerateSchedules(scope: Scope): Generator<readonly ScheduleEvent[]> {
  const writers = Array.from({ length: scope.attempts }, (_, i) => writerOf(i + 1));
  const start: Moment = {
    sent: writers.map(() => 0),
    absent: writers.map(() => false),
    arrived: [],
    repeats: scope.repeats,
    losses: scope.losses,
    shown: null,
  };
  const path: ScheduleEvent[] = [];
  const frames: Frame[] = [{ moment: start, choices: choicesAt(start, writers), next: 0 }];
  for (let top = frames.at(-1); top !== undefined; top = frames.at(-1)) {
    const choice = top.choices[top.next++];
    if (choice === undefined) {
      frames.pop();
      path.pop();
      continue;
    }
    path.push(choice.event);
    const moment = after(top.moment, choice);
    const choices = choicesAt(moment, writers);
    if (choices.length > 0) {
      frames.push({ moment, choices, next: 0 });
    } else {
      yield path;
      path.pop();
    }
  }
}

function choicesAt(moment: Moment, writers: readonly Writer[]): Choice[] {
  const choices: Choice[] = [];
  for (const [i, { messages, announceAgain }] of writers.entries()) {
    const message = (moment.absent[i] ?? false) ? announceAgain : messages[moment.sent[i] ?? 0];
    if (message !== undefined) choices.push({ event: { does: "write", message }, writer: i });
  }
  if (moment.losses > 0 && moment.shown !== null) choices.push({ event: LOSS, writer: null });
  if (moment.repeats > 0) {
    for (const message of moment.arrived) choices.push({ event: { does: "repeat", message }, writer: null });
  }
  return choices;
}

function after(moment: Moment, { event, writer }: Choice): Moment {
  if (event.does === "lose") return { ...moment, losses: moment.losses - 1, shown: null };
  const { kind, write } = event.message;
  const { answer, effect } = applyTransition(moment.shown, kind, write);
  const shown = effect === "replace" ? write : moment.shown;
  if (writer === null) return { ...moment, repeats: moment.repeats - 1, shown };
  const again = moment.absent[writer] ?? false;
  return {
    ...moment,
    shown,
    arrived: [...moment.arrived, event.message],
    sent: again ? moment.sent : moment.sent.with(writer, (moment.sent[writer] ?? 0) + 1),
    absent: again === (answer === "absent") ? moment.absent : moment.absent.with(writer, answer === "absent"),
  };
}
