import { eventually } from "@statusplane/test-support";
import type { Pool } from "pg";
import { setTimeout as sleep } from "node:timers/promises";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import { fleetLeg, type RoundContext } from "../fleet-leg.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";
import { probeUntilAnswered } from "../load/probe.ts";
import { linkFleet, type FleetLinks } from "../network/fleet-links.ts";
import { breakLink, LINK_FAULTS, type LinkFault } from "../network/link-faults.ts";
import type { TcpProxy } from "../network/tcp-proxy.ts";

/** The page's goal is 2 s; leases of 3 s run out during faults of 3 s: one sweep and the next claim come on top. */
const BOUND_MS = 8_000;
/**
 * A connection to Postgres that fell silent is given up when a statement on it has had no answer for 16 s: a part of the
 * product's lease of 90 s, but far beyond this fleet's 3 s.
 */
const SILENT_MS = 16_000;
const NEVER_MS = 90_000;
const FAULT_MS = { min: 200, max: 3_000 } as const;
/** An hour of constant disturbance at the full volume, each leg its share. */
const DISTURBED_MS_PER_FAULT = 3_600_000 / 5_000;
/** Of four links one is broken all the time but for a fifth of it, in turn: 5 % of each. */
const DISTURB_EVERY_MS = 400;
const DISTURBED_FOR_MS = 80;
const DISTURBING: readonly LinkFault[] = ["drop", "delay", "reset", "executed-but-timeout"];

type Links = FleetLinks & { readonly api: TcpProxy };
type Context = RoundContext<SingleRedis>;

/** As many as have no divisor in common with the kinds of faults: in twenty rounds each link has met each kind. */
const LINKS = ["status store", "queue", "postgres", "api"] as const satisfies readonly (keyof Links)[];

/** One link and one kind of fault per round; then all links are disturbed for some time. */
export const t10: Drill = {
  id: "T10",
  title: "network: drop, delay 0–3 s, reset, half-open, executed-but-timeout; 5 % all the time",
  fullVolume: 5_000,
  legVolume: 100,
  injectsFaults: true,
  bound:
    "0 duplicates of side effects; agrees ≤ 2 s after healing (≤ 8 s where leases ran out, ≤ 24 s where a connection to Postgres fell silent)",
  boundMs: BOUND_MS,
  leg,
};

async function leg(options: LegOptions): Promise<LegResult> {
  const { through, links } = linkFleet();
  const recoveries = new Map<LinkFault, number[]>(LINK_FAULTS.map((fault) => [fault, []]));
  return fleetLeg({
    options,
    fleet: { statusRedis: await openSingleRedis(true), apis: 2, workers: 2, through },
    boundMs: null, // each round has its own
    dataIsLost: false,
    async round(context, n) {
      const fault = LINK_FAULTS[n % LINK_FAULTS.length] ?? "drop";
      const name = LINKS[n % LINKS.length] ?? "api";
      const all = { ...links(), api: context.fleet.entrance };
      const recoveryMs = await breakOnce(context, { name, link: all[name], fault });
      recoveries.get(fault)?.push(recoveryMs);
      return { faults: 1, recoveryMs };
    },
    async afterRounds(context) {
      const all = { ...links(), api: context.fleet.entrance };
      const disturbed = await disturbAll(context, all, options.volume * DISTURBED_MS_PER_FAULT);
      return { ...disturbed, ...(await readEnds(context)), ...percentiles(recoveries) };
    },
  });
}

interface Break {
  readonly name: keyof Links;
  readonly link: TcpProxy;
  readonly fault: LinkFault;
}

async function breakOnce(context: Context, { name, link, fault }: Break): Promise<number> {
  const { random } = context;
  await sleep(random.between(0, 500));
  const end = context.fault(`${name}: ${fault}`);
  const heal = breakLink(link, fault, random);
  await sleep(random.between(FAULT_MS.min, FAULT_MS.max));
  heal();
  const recoveryMs = await untilRecovered(context, name);
  const isNoticedLate = fault === "half-open" && name === "postgres";
  if (isNoticedLate) await untilNoticed(context, recoveryMs);
  end();
  judge(context, {
    what: `${name}, ${fault}`,
    recoveryMs,
    boundMs: BOUND_MS + (isNoticedLate ? SILENT_MS : 0),
  });
  context.say(`${name}: ${fault}, recovered in ${Math.round(recoveryMs)} ms`);
  return recoveryMs;
}

/** What waits on a connection that fell silent just now may be work begun since: the next fault is not to meet it. */
async function untilNoticed(context: Context, recoveryMs: number): Promise<void> {
  await sleep(Math.max(0, SILENT_MS - recoveryMs));
  const laterMs = await context.recovered(await context.lately());
  judge(context, { what: "after a silence", recoveryMs: laterMs, boundMs: BOUND_MS });
}

function judge(
  { violate }: Context,
  seen: { readonly what: string; readonly recoveryMs: number; readonly boundMs: number },
): void {
  const { what, recoveryMs, boundMs } = seen;
  if (recoveryMs <= boundMs) return;
  violate("I4", `${what}: agreed after ${Math.round(recoveryMs)} ms, the bound is ${boundMs}`);
}

/** @returns ms until what the link is for works again. */
async function untilRecovered({ fleet, lately, recovered }: Context, name: keyof Links): Promise<number> {
  if (name === "api") return probeUntilAnswered(fleet);
  const healedAt = new Date();
  const agreedMs = await recovered(await lately(), { unixMs: healedAt.getTime() });
  return name === "queue" ? Math.max(agreedMs, await untilWorkBegins(fleet.pool, healedAt)) : agreedMs;
}

/** Rows and store agree also while nothing is delivered: the queue is back when work begins. @returns ms until it did. */
async function untilWorkBegins(pool: Pool, healedAt: Date): Promise<number> {
  const look = async (): Promise<Date | undefined> => {
    const { rows } = await pool.query<{ at: Date | null }>(
      "SELECT min(started_at) AS at FROM statusplane.job WHERE started_at > $1",
      [healedAt],
    );
    return rows[0]?.at ?? undefined;
  };
  const begunAt = await eventually("work begins again", look, NEVER_MS);
  return begunAt.getTime() - healedAt.getTime();
}

/** Short faults on one link after another, then calm. */
async function disturbAll(
  context: Context,
  links: Links,
  forMs: number,
): Promise<Readonly<Record<string, number>>> {
  const { random, lately, recovered, say } = context;
  const proxies = Object.values(links);
  say(`all links are disturbed for ${Math.round(forMs / 1_000)} s`);
  const end = context.fault("disturbed");
  const untilMs = performance.now() + forMs;
  let disturbances = 0;
  for (; performance.now() < untilMs; disturbances++) {
    await sleep(random.between(0, 2 * (DISTURB_EVERY_MS - DISTURBED_FOR_MS)));
    const heal = breakLink(random.pick(proxies), random.pick(DISTURBING), random);
    await sleep(DISTURBED_FOR_MS);
    heal();
  }
  const recoveryMs = await recovered(await lately(), { unixMs: Date.now() });
  end();
  return {
    disturbed_seconds: Math.round(forMs / 1_000),
    disturbances,
    disturbed_recovery_ms: Math.round(recoveryMs),
    struck: proxies.reduce((sum, { struck }) => sum + struck, 0),
  };
}

/** How jobs ended so far, and what the faults cost them. */
async function readEnds({ fleet }: Context): Promise<Readonly<Record<string, number>>> {
  const { rows } = await fleet.pool.query<Record<"done" | "failed" | "tries_lost", string>>(
    `SELECT count(*) FILTER (WHERE status = 'DONE') AS done, count(*) FILTER (WHERE status = 'FAILED') AS failed,
            coalesce(sum(tries_lost), 0) AS tries_lost FROM statusplane.job`,
  );
  return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, value]) => [name, Number(value)]));
}

function percentiles(recoveries: ReadonlyMap<LinkFault, readonly number[]>): Record<string, string> {
  const figures: Record<string, string> = {};
  for (const [fault, times] of recoveries) {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number): string =>
      `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)}`;
    if (sorted.length > 0) figures[`${fault}_ms`] = `p50 ${at(0.5)}, p95 ${at(0.95)}, slowest ${at(1)}`;
  }
  return figures;
}
