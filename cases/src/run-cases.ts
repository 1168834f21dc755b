import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram, type RunningProgram } from "@statusplane/test-support";
import { Api } from "../../test/end-to-end/support/api.ts";
import type { Bench, Case, Seen } from "./case.ts";
import { addRecord, commitNow, readRecords } from "./report/case-record.ts";
import { writeReport } from "./report/write-report.ts";
import { openPlayer, type Player } from "./video/player.ts";

/** A case that takes longer has not ended: encoding a few seconds takes a few. */
const CASE_BOUND_MS = 300_000;

export interface RunOptions {
  /** Also those that the report has for this commit. */
  readonly again: boolean;
  /** Another build's `bin/statusplane.js`, to be compared with; default: this one's. */
  readonly program?: string | undefined;
  /** The report's column: `now`, or `before` for another build. */
  readonly label: string;
}

/** Runs the chosen cases, one at a time, each into the report as soon as it has ended. Answers how many were wrong. */
export async function runCases(
  all: readonly Case[],
  chosen: readonly Case[],
  options: RunOptions,
): Promise<number> {
  const here = commitNow(options.program);
  const isDone = ({ name }: Case) =>
    readRecords().some(
      (each) =>
        each.name === name && each.label === options.label && each.commit === here.commit && !each.dirty,
    );
  const todo = chosen.filter((each) => options.again || !isDone(each));
  const folder = await mkdtemp(join(tmpdir(), "statusplane-cases-"));
  const place = await openPlace(folder, options.program);
  let wrong = 0;
  try {
    for (const [index, each] of todo.entries()) {
      const begun = Date.now();
      const seen = await bounded(runCase(each, place.bench));
      const seconds = Math.round((Date.now() - begun) / 1_000);
      wrong += seen.wrong.length === 0 ? 0 : 1;
      const { name, kind, row, trait, right } = each;
      addRecord({ label: options.label, ...here, name, kind, row, trait, right, ...seen, seconds });
      writeReport(all);
      const verdict = seen.wrong.length === 0 ? "right" : `WRONG: ${seen.wrong.join("; ")}`;
      console.log(
        `${index + 1}/${todo.length} ${row.padEnd(4)} ${name}: ${seen.now} (${seconds} s) ${verdict}`,
      );
    }
  } finally {
    await place.close();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${todo.length - wrong} right, ${wrong} wrong, ${chosen.length - todo.length} done before.`);
  return wrong;
}

async function runCase(each: Case, bench: Bench): Promise<Seen> {
  try {
    const path = await each.make(bench.folder);
    const seen = await each.look(bench, path);
    await rm(path, { force: true });
    return seen;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { now: "no answer", wrong: [why.slice(0, 300)] };
  }
}

async function bounded(seen: Promise<Seen>): Promise<Seen> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Seen>((resolve) => {
    timer = setTimeout(resolve, CASE_BOUND_MS, { now: "no end", wrong: [`not within ${CASE_BOUND_MS} ms`] });
  });
  try {
    return await Promise.race([seen, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function openPlace(folder: string, program: string | undefined) {
  const env = { DATA_DIR: join(folder, "data") };
  const running: RunningProgram = await startProgram({ env, ...(program === undefined ? {} : { program }) });
  let player: Promise<Player> | undefined;
  const bench: Bench = {
    api: await Api.demo(running.url, "1"),
    player: () => (player ??= openPlayer(running.url)),
    folder,
  };
  return {
    bench,
    async close() {
      await (await player)?.close();
      await running.stop();
    },
  };
}
