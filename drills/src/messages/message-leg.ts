import { startMailServer } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import { CrashRequests } from "../crash/crash-requests.ts";
import type { LegOptions, LegResult } from "../drill.ts";
import { Fleet } from "../fleet/fleet.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";
import { conductOf, DrilledMessage } from "./drilled-message.ts";
import { messageDeck, Striker, type MessageFault } from "./message-faults.ts";
import { MessageTally } from "./message-tally.ts";

/** So many messages go out at once, one after another in each lane, as long as faults strike. */
const LANES = ["one", "two"];
/** The server takes so long for some answers, ms. */
const SLOW_MS = 60;
/** Between two faults at most, ms. */
const BETWEEN_MS = 700;
/** Said every so many strikes. */
const SAY_EVERY = 7;

export interface MessageLegOptions extends LegOptions {
  /** Faults in their order; default: shuffled decks. */
  readonly faults?: readonly MessageFault[];
}

/**
 * Messages to 200 recipients each by two workers that die and stand still at each named point, are killed, stopped, shut
 * down and robbed of their leases.
 */
export async function messageLeg(options: MessageLegOptions): Promise<LegResult> {
  const { random } = options;
  const asked = new Map<string, number>();
  const mail = await startMailServer({
    conduct: (to) => conductOf(to, asked.get(to) ?? 0),
    onAsked: (to) => void asked.set(to, (asked.get(to) ?? 0) + 1),
    delayMs: () => (random.chance(0.2) ? random.between(1, SLOW_MS) : 0),
  });
  using requests = new CrashRequests();
  const fleet = await Fleet.open({
    statusRedis: await openSingleRedis(true),
    apis: 1,
    workers: 2,
    env: {
      SMTP_URL: mail.url,
      MESSAGES_PER_MINUTE: "12000",
      MESSAGES_PER_MINUTE_TENANT: "6000",
      MESSAGE_BACKOFF_SECONDS: "1,1,1,1,1,1",
      DRILL_CRASHES: requests.folder,
    },
  });
  const tally = new MessageTally(mail);
  const striker = new Striker({ fleet, requests, random: random.fork("strikes") });
  try {
    const ended = new AbortController();
    const lanes = LANES.map((tenant, lane) =>
      sendOn({ fleet, tally, tenant, name: `l${lane}`, random: random.fork(`lane ${lane}`) }, ended.signal),
    );
    const striking = strikeOn(striker, tally, options).finally(() => ended.abort());
    await Promise.all([striking, ...lanes]);
    await striker.allAreBack();
    await Promise.all(fleet.workers.map((worker) => worker.stop())); // whatever one has to say late, it has said
    await tally.recheck();
  } finally {
    await striker.allAreBack().catch(() => undefined); // the leg tells already what broke it
    await fleet.close();
    await mail.stop();
  }
  return tally.result();
}

/** Fault after fault, until there were enough of them or a promise is broken. */
async function strikeOn(
  striker: Striker,
  tally: MessageTally,
  { random, volume, say, faults = [] }: MessageLegOptions,
): Promise<void> {
  const deck = [...faults];
  while (tally.struck < volume && tally.violations.length === 0) {
    if (deck.length === 0) deck.push(...messageDeck(random));
    const fault = deck.shift();
    if (fault === undefined) continue;
    if (fault.kind !== "point") await sleep(random.between(0, BETWEEN_MS));
    if (await striker.strike(fault)) {
      tally.struckBy(fault);
      if (tally.struck % SAY_EVERY === 0) say(`${tally.struck} of ${volume} strikes, ${tally.summary()}`);
    } else deck.push(fault); // nothing went out just then
  }
}

interface Lane {
  readonly fleet: Fleet;
  readonly tally: MessageTally;
  readonly tenant: string;
  readonly name: string;
  readonly random: LegOptions["random"];
}

async function sendOn({ fleet, tally, tenant, name, random }: Lane, ended: AbortSignal): Promise<void> {
  for (let n = 1; !ended.aborted; n++) {
    const message = new DrilledMessage(fleet, { name: `${name}.${n}`, tenant, random });
    await message.submit();
    await message.untilDone();
    await tally.check(message);
  }
}
