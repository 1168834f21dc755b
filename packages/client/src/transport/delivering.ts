import type { ActiveJobs } from "../active-jobs.ts";
import { callSafely } from "../call-safely.ts";
import type { ClientError } from "../client-error.ts";
import { readBody } from "../reading.ts";
import { createTimer } from "../timer.ts";
import type { Sender } from "../sender.ts";
import type { ConnectionStatus, WatcherOptions } from "../statusplane-client.ts";
import { pollIntervalMs } from "../watch-state.ts";
import type { Occurrence, WatchTable } from "../watch-table.ts";
import type { WatchRef } from "../watched-job.ts";
import type { WatcherParts } from "../watcher-parts.ts";
import { createBatchAsker } from "./batch-asker.ts";
import { POLL_TIMINGS } from "./client-timings.ts";
import type { Delivery } from "./delivery.ts";
import { createPoller, type Due } from "./poller.ts";
import type { MakePush } from "./push-port.ts";

/** What a {@link Delivering} works with. */
export interface DeliveringParts {
  readonly table: WatchTable;
  readonly sender: Sender;
  readonly options: WatcherOptions;
  readonly makePush: MakePush | null;
  readonly features: () => Pick<WatcherParts, "active" | "asker" | "views">;
}

/**
 * Brings news to the table by whatever works, and says by what. A push tells what it tells, the poll asks for the rest;
 * both rest while nobody looks.
 */
export interface Delivering {
  readonly status: ConnectionStatus;
  /** Takes what one transport tells at once, or told in a moment. */
  take(deliveries: readonly Delivery[]): void;
  /** Somebody watches: `isNew`, if nothing is known that could be shown. */
  watched(isNew: boolean): void;
  /** A person has changed something. */
  poke(): void;
  /** After every change of the table or of what is wanted. */
  settle(): void;
  close(): void;
}

export function createDelivering({
  table,
  sender,
  options,
  makePush,
  features,
}: DeliveringParts): Delivering {
  const { environment } = sender;
  const { unseenPollMs, restAfterMs } = { ...POLL_TIMINGS, ...options.timings };
  const { transport = "auto", whileHidden = () => true, onError = warn } = options;
  let status: ConnectionStatus = "connecting";
  let polled: "nothing" | "answered" | "failed" = "nothing";
  let isResting = false;
  const resting = createTimer(environment);

  const wantedList = (): ActiveJobs | null => {
    const wanted = features().active;
    return wanted?.isWanted === true ? wanted : null;
  };
  const watched = (): readonly WatchRef[] => table.polled().map(({ job }) => job.ref);
  const untold = (refs: readonly WatchRef[]): readonly WatchRef[] => push?.untold(refs) ?? refs;

  const push =
    makePush === null || transport === "poll"
      ? null
      : makePush({
          ...{ table, sender, transport, wantedList, features, timings: options.timings },
          onDeliveries: take,
          onCover() {
            if (push?.isLive === true) polled = "nothing"; // of what comes after
            settle();
            noteStatus();
          },
        });
  const askBatch = createBatchAsker({
    ...{ table, sender },
    readList: (body) => features().active?.read(body) ?? null,
    onDelivery(delivery) {
      if (status === "closed") return;
      polled = "answered";
      take([delivery]);
      push?.share(delivery);
      noteStatus();
    },
  });
  const poller = createPoller({
    ...{ sender, due, onFailure: failed, unseenPollMs },
    ask(asked) {
      const guests = push?.guests() ?? [];
      push?.polls();
      return askBatch({ ...asked, refs: [...asked.refs, ...guests] });
    },
    intervalMs() {
      const [nowMs, wanted] = [environment.now(), wantedList()];
      const states = untold(watched()).flatMap((ref) => table.state(ref) ?? []);
      const intervals = states.map((state) => pollIntervalMs(state, nowMs, environment.random()));
      return Math.min(...intervals, wanted !== null && due().active ? wanted.intervalMs : Infinity);
    },
  });
  const ends = [environment.onWake(wake), environment.onHidden?.(look)];

  /** What the live list tells, whoever tells it, is not asked for by name. */
  function due(): Due {
    const wanted = wantedList();
    return {
      refs: untold(watched().filter((ref) => wanted?.lists(ref) !== true)),
      active: wanted !== null && push?.tellsList !== true,
    };
  }

  function take(deliveries: readonly Delivery[]): void {
    const occurrences = deliveries.flatMap(occurrencesOf);
    if (occurrences.length > 0) table.apply(occurrences);
    for (const delivery of deliveries) {
      if (delivery.list !== undefined && features().active?.take(delivery.list) === true)
        poller.poke("watch");
    }
  }

  function occurrencesOf({ snapshots = [], missing = [], unchanged = [], serverNowMs }: Delivery) {
    const atMs = environment.now();
    return [
      ...snapshots.map(([ref, body]): Occurrence => {
        const reading = readBody(ref, body, sender.language);
        return [ref, { type: "answer", reading, serverNowMs, atMs }];
      }),
      ...missing.map((ref): Occurrence => {
        return [ref, { type: "missing", atMs, isAsked: features().asker !== null }];
      }),
      ...unchanged.map((ref): Occurrence => [ref, { type: "unchanged", serverNowMs, atMs }]),
    ];
  }

  /** What a stream tells is not lost because a poll of it was. */
  function failed(error: ClientError, isFirst: boolean): void {
    if (status === "closed") return;
    polled = "failed";
    const { refs, active } = due();
    const wanted = active ? wantedList() : null;
    const atMs = environment.now();
    table.apply(
      [...refs, ...(wanted?.live ?? [])].map((ref) => [
        ref,
        { type: "lost", atMs, isOutage: error.status === 503 },
      ]),
    );
    wanted?.fail(error);
    if (isFirst) callSafely(() => onError(error));
    noteStatus();
  }

  function settle(): void {
    if (status === "closed") return;
    push?.settle(isResting);
    poller.settle();
    look();
  }

  function wake(): void {
    look();
    push?.wake();
    poller.poke("person");
    noteStatus();
  }

  /** Rests a moment after nobody looks any more and nobody wants to be told, and no longer than that. */
  function look(): void {
    const isSomethingWatched = watched().length > 0;
    const isSomethingLive = isSomethingWatched || (features().active?.live.length ?? 0) > 0;
    if (environment.isVisible() || (whileHidden() && isSomethingLive)) {
      resting.stop();
      if (isResting) rest(false);
    } else if (!isResting && (isSomethingWatched || wantedList() !== null)) {
      resting.start(() => rest(true), restAfterMs);
    }
  }

  function rest(rests: boolean): void {
    isResting = rests;
    push?.settle(rests);
    poller.rest(rests);
  }

  function noteStatus(): void {
    const now = statusNow();
    if (now === status || status === "closed") return;
    status = now;
    table.tell();
  }

  function statusNow(): ConnectionStatus {
    if (push?.isLive === true) return "live";
    if (sender.isUnauthenticated) return "signed_out";
    if (polled === "failed" || !environment.isOnline()) return "offline";
    return polled === "answered" ? "polling" : "connecting";
  }

  return {
    get status() {
      return status;
    },
    take,
    watched(isNew) {
      if (isNew || poller.isIdle) poller.poke("watch");
    },
    poke: () => poller.poke("person"),
    settle,
    close() {
      status = "closed";
      for (const end of ends) end?.();
      resting.stop();
      push?.close();
      poller.rest(true);
    },
  };
}

function warn(error: ClientError): void {
  console.warn("Statusplane: polling fails and backs off.", error);
}
