import { eventually } from "@statusplane/test-support";
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { LegOptions, LegResult } from "../drill.ts";
import { fleetLeg, type RoundContext } from "../fleet-leg.ts";
import { openSingleRedis, type SingleRedis } from "../fleet/status-redis.ts";
import type { Random } from "../random.ts";
import { Between } from "./between.ts";
import { TORTURE_FAULTS, type TortureFault, type Victims } from "./faults.ts";
import { People } from "./people.ts";
import { Uploads } from "./uploads.ts";

const run = promisify(execFile);

export interface TortureOptions extends LegOptions {
  /** How long faults go on, seconds. */
  readonly seconds: number;
  /** Whether Redis may lose data: then only clients, not raw pollers, are promised that nothing goes back. */
  readonly losesData: boolean;
  /** Faults at once. */
  readonly atOnce: number;
}

/** Calm after the last fault, at most; a short run has a short one. */
const CALM_MS = 30_000;
const CALM_SHARE = 0.3;

/**
 * A mix of everything: short jobs, real videos and imports of three tenants, people who cancel and retry, watchers of each
 * kind, and faults of each kind at once; then calm, and the audit of every record, snapshot, key, file and client.
 */
export async function tortureLeg(options: TortureOptions): Promise<LegResult> {
  let between: Between | null = null;
  let work: Work | null = null;
  const strands = new Strands(options);
  return fleetLeg({
    options: { ...options, volume: 1 },
    fleet: {
      statusRedis: await openSingleRedis(!options.losesData),
      apis: 2,
      workers: 3,
      durablePostgres: true,
      through: async (servers) => (between = await Between.open(servers)),
    },
    boundMs: null,
    dataIsLost: options.losesData,
    async round(context) {
      const { fleet } = context;
      work ??= await startWork(context);
      const links = [...(between?.links ?? []), fleet.entrance];
      return { faults: await strands.strike(context, { fleet, links, busy: new Set() }), recoveryMs: null };
    },
    async afterRounds({ fleet, violate, recovered, lately }) {
      await work?.uploads.close();
      await work?.people.close();
      for (const foreign of work?.people.foreign ?? []) violate("I5", foreign);
      const recoveryMs = await recovered(await lately());
      await sleep(Math.min(CALM_MS, options.seconds * 1_000 * CALM_SHARE));
      for (const leaked of await leakedProcesses(fleet.dataFolder)) violate("I9", `left running: ${leaked}`);
      return {
        ...strands.counts(),
        asked_by_people: work?.people.asked ?? 0,
        agreed_after_ms: Math.round(recoveryMs),
      };
    },
  });
}

interface Work {
  readonly people: People;
  readonly uploads: Uploads;
}

async function startWork(context: RoundContext<SingleRedis>): Promise<Work> {
  const { fleet, load, history, random, onClose } = context;
  const uploads = await Uploads.start(load, random.fork("uploads"), fleet.folder);
  const people = new People({ url: fleet.url, load, history, random: random.fork("people") });
  onClose(() => uploads.close());
  onClose(() => people.close());
  return { people, uploads };
}

/** Several strands of faults, each one after another, until the time is over. */
class Strands {
  readonly #options: Pick<TortureOptions, "seconds" | "losesData" | "atOnce">;
  readonly #counts = new Map<string, number>();

  constructor(options: Pick<TortureOptions, "seconds" | "losesData" | "atOnce">) {
    this.#options = options;
  }

  /** How often each fault struck. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([name, count]) => [name.replaceAll(" ", "_"), count]));
  }

  /** @returns how many struck. */
  async strike(context: RoundContext<SingleRedis>, victims: Victims): Promise<number> {
    const { seconds, atOnce } = this.#options;
    const untilMs = performance.now() + seconds * 1_000;
    const strands = Array.from({ length: atOnce }, (_, n) =>
      this.#strand(context, victims, { untilMs, random: context.random.fork(`strand-${n}`) }),
    );
    return (await Promise.all(strands)).reduce((sum, each) => sum + each, 0);
  }

  async #strand(
    { fault, say }: RoundContext<SingleRedis>,
    victims: Victims,
    { untilMs, random }: { readonly untilMs: number; readonly random: Random },
  ): Promise<number> {
    const { losesData } = this.#options;
    const menu = TORTURE_FAULTS.filter((each) => losesData || !each.losesData);
    let struck = 0;
    while (performance.now() < untilMs) {
      const chosen = pickByWeight(menu, random.next());
      const end = fault(chosen.name);
      if (await chosen.strike(victims, random)) {
        struck += 1;
        this.#counts.set(chosen.name, (this.#counts.get(chosen.name) ?? 0) + 1);
        if (struck % 10 === 0) say(`${struck} faults of this strand`);
      }
      end();
      await sleep(random.between(100, 2_500));
    }
    return struck;
  }
}

function pickByWeight(menu: readonly TortureFault[], chance: number): TortureFault {
  const total = menu.reduce((sum, { weight }) => sum + weight, 0);
  let left = chance * total;
  const chosen = menu.find(({ weight }) => (left -= weight) < 0) ?? menu[0];
  if (chosen === undefined) throw new RangeError("no fault to choose from");
  return chosen;
}

/** ffmpeg and its like that still work on this fleet's folder after everything has ended. */
async function leakedProcesses(folder: string): Promise<string[]> {
  let leaked: string[] = [];
  const look = async (): Promise<boolean> => {
    const { stdout } = await run("ps", ["-A", "-o", "pid=,args="]);
    leaked = stdout.split("\n").filter((line) => line.includes(folder) && /ffmpeg|ffprobe|bwrap/.test(line));
    return leaked.length === 0;
  };
  await eventually("no tool is left running", look, 10_000).catch(() => undefined); // what is left is the finding
  return leaked;
}
