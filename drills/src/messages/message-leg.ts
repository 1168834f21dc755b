import { startMailServer, type MailServer } from "@statusplane/test-support";
import { setTimeout as sleep } from "node:timers/promises";
import { CrashRequests } from "../crash/crash-requests.ts";
import type { LegOptions, LegResult, Violation } from "../drill.ts";
import { Fleet } from "../fleet/fleet.ts";
import { openSingleRedis } from "../fleet/status-redis.ts";
import { conductOf, DrilledMessage, RECIPIENTS } from "./drilled-message.ts";
import { chooseFault, strike, workersAreUp, type MessageFault } from "./message-faults.ts";

/** Two messages go out at once; so many faults strike while they do. */
const STRIKES = 6;
const TENANTS = ["one", "two"];
/** The server takes so long for some answers, ms. */
const SLOW_MS = 60;

export interface MessageLegOptions extends LegOptions {
  /** Faults in their order; default: chosen by chance. */
  readonly faults?: readonly MessageFault[];
}

/** Messages to 200 recipients each by two workers that are killed, stopped and robbed of their leases. */
export async function messageLeg(options: MessageLegOptions): Promise<LegResult> {
  const { random, volume, say } = options;
  const asked = new Map<string, number>();
  const mail = await startMailServer({
    conduct(to) {
      const times = asked.get(to) ?? 0;
      return conductOf(to, times);
    },
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
      MESSAGES_PER_MINUTE: "6000",
      MESSAGES_PER_MINUTE_TENANT: "3000",
      MESSAGE_BACKOFF_SECONDS: "1,1,1,1,1,1",
      DRILL_CRASHES: requests.folder,
    },
  });
  const tally = new Tally();
  const faults = [...(options.faults ?? [])];
  try {
    for (let round = 1; tally.struck < volume && tally.violations.length === 0; round++) {
      const take = (): MessageFault => faults.shift() ?? chooseFault(random);
      await runRound({ fleet, mail, requests, tally, take, round, options });
      say(
        `${tally.struck} of ${volume} strikes, ${tally.messages} messages, ${JSON.stringify(tally.counts)}`,
      );
    }
  } finally {
    await fleet.close();
    await mail.stop();
  }
  return tally.result(mail);
}

interface Round {
  readonly fleet: Fleet;
  readonly mail: MailServer;
  readonly requests: CrashRequests;
  readonly tally: Tally;
  readonly take: () => MessageFault;
  readonly round: number;
  readonly options: LegOptions;
}

async function runRound({ fleet, mail, requests, tally, take, round, options }: Round): Promise<void> {
  const { random, volume } = options;
  const messages = TENANTS.map(
    (tenant) => new DrilledMessage(fleet, { name: `r${round}.${tenant}`, tenant, random }),
  );
  await Promise.all(messages.map((message) => message.submit()));
  const goesOn = async (): Promise<boolean> => {
    const statuses = await Promise.all(messages.map((message) => message.status()));
    return statuses.some((status) => status === "PENDING" || status === "PROCESSING");
  };
  let strikes = 0;
  while (strikes < STRIKES && tally.struck < volume && (await goesOn())) {
    const fault = take();
    if (fault.kind !== "point") await sleep(random.between(50, 700));
    if (!(await strike(fault, { fleet, requests, random, goesOn }))) continue;
    strikes += 1;
    tally.count(fault);
  }
  await workersAreUp(fleet);
  await Promise.all(messages.map((message) => message.untilDone()));
  await sleep(200); // a worker that was stopped may still say what became of its last ones
  for (const message of messages) await tally.check(message, mail, strikes);
}

/** What a leg adds up. */
class Tally {
  readonly violations: Violation[] = [];
  readonly counts: Record<string, number> = {};
  readonly #points = new Set<string>();
  readonly #kinds: Record<string, number> = {};
  struck = 0;
  messages = 0;

  count(fault: MessageFault): void {
    this.struck += 1;
    this.#kinds[fault.kind] = (this.#kinds[fault.kind] ?? 0) + 1;
    if (fault.kind === "point") this.#points.add(fault.name);
  }

  async check(message: DrilledMessage, mail: MailServer, strikes: number): Promise<void> {
    this.messages += 1;
    for (const what of await message.violations(mail, strikes))
      this.violations.push({ invariant: "I11", what });
    for (const [status, count] of Object.entries(await message.counts()))
      this.counts[status] = (this.counts[status] ?? 0) + count;
  }

  result(mail: MailServer): LegResult {
    return {
      faults: this.struck,
      jobs: this.messages,
      observations: this.messages * RECIPIENTS,
      violations: this.violations,
      slowestRecoveryMs: null,
      figures: {
        ...this.counts,
        ...this.#kinds,
        points_hit: this.#points.size,
        in_the_sink: mail.mails.length,
      },
    };
  }
}
