import { createTimer } from "../timer.ts";
import { MAX_REFS } from "@statusplane/core/wire";
import { watchKey } from "../watched-job.ts";
import type { ClientTimings } from "./client-timings.ts";
import { NOTHING_WANTED, type Delivery, type Wanted } from "./delivery.ts";
import type { PushContext, PushPort } from "./push-port.ts";
import type { PushListener, Pusher } from "./pusher.ts";

/** A page that is told more often than this renders for nothing. */
const GATHER_MS = 50;

/**
 * What a tab wants to be pushed, and how much the push is believed: once a minute, and when somebody looks again, all
 * that it tells is doubted until the poll has asked for it. Of what is pushed the first is handed on at once, and what
 * follows within 50 ms together, so that two hundred bars are one change.
 */
export function createPushing(
  context: PushContext & { readonly timings: ClientTimings },
  open: (listener: Omit<PushListener, "onReader">) => Pusher,
): PushPort {
  const { table, sender, timings, wantedList } = context;
  const { environment } = sender;
  let gathered: Delivery[] = [];
  const gathering = createTimer(environment);
  let handedOnMs = Number.NEGATIVE_INFINITY;
  let isDoubted = false;
  const doubting = createTimer(environment);
  let wasResting = false;
  const pusher = open({ onDelivery: gather, onCover: () => context.onCover() });

  function gather(delivery: Delivery): void {
    context.features().views?.take(delivery.views);
    gathered.push(withListed(delivery));
    const waitMs = handedOnMs + GATHER_MS - environment.now();
    if (delivery.list !== undefined || waitMs <= 0) handOn();
    else gathering.start(handOn, waitMs);
  }

  function handOn(): void {
    gathering.stop();
    handedOnMs = environment.now();
    const deliveries = gathered;
    gathered = [];
    context.onDeliveries(deliveries);
  }

  /** A stream that lives says it of what the list tells, too. */
  function withListed(delivery: Delivery): Delivery {
    const { unchanged } = delivery;
    const live = wantedList()?.live ?? [];
    return unchanged === undefined ? delivery : { ...delivery, unchanged: [...unchanged, ...live] };
  }

  /** What the list does not tell by itself, as much of it as one connection tells. */
  function wanted(): Wanted {
    const list = wantedList();
    const refs = table
      .polled()
      .map(({ job }) => job.ref)
      .filter((ref) => list?.lists(ref) !== true);
    return {
      refs: refs.slice(0, MAX_REFS),
      active: list !== null,
      views: context.features().views?.wanted ?? [],
    };
  }

  function doubtLater(): void {
    const isSomethingTold =
      (pusher.coversList && wantedList() !== null) ||
      table.polled().some(({ job }) => pusher.covers(watchKey(job.ref)));
    if (isSomethingTold && !pusher.isRelayed) {
      doubting.start(() => {
        isDoubted = true;
        context.onCover();
      }, timings.safetyPollMs);
    } else doubting.stop();
  }

  return {
    get isLive() {
      return pusher.isLive;
    },
    get tellsList() {
      return pusher.coversList && !isDoubted;
    },
    untold: (refs) => (isDoubted ? refs : refs.filter((ref) => !pusher.covers(watchKey(ref)))),
    guests: () => (isDoubted ? pusher.guests() : []),
    polls() {
      if (isDoubted) doubting.stop();
      isDoubted = false;
    },
    share: (delivery) => pusher.share(delivery),
    settle(isResting) {
      isDoubted ||= wasResting && !isResting;
      wasResting = isResting;
      pusher.want(isResting ? NOTHING_WANTED : wanted());
      if (isResting) doubting.stop();
      else doubtLater();
    },
    wake() {
      isDoubted = table.polled().length > 0 || wantedList() !== null;
      pusher.wake();
    },
    close() {
      gathering.stop();
      doubting.stop();
      pusher.close();
    },
  };
}
