import { hasCode, type JobRef, type StatusStore } from "@statusplane/core";
import { freshRef, pending, processing } from "@statusplane/core/testing/status-store";
import { eventually } from "@statusplane/test-support";

/** A call that has not settled by then hangs: deadlines are tenths of it. */
const HANGS_MS = 8_000;

/** `answered`, `store_unavailable`, or what else it was, in words. */
type Outcome = string;

/** One call of every kind about one job, and how each ended. */
export async function callEverything(
  { writer, reader, feed, installation }: StatusStore,
  ref: JobRef,
): Promise<Readonly<Record<string, Outcome>>> {
  const calls: Record<string, Promise<unknown>> = {
    read: reader.read(ref),
    readMany: reader.readMany([ref, freshRef()]),
    readResult: reader.readResult(ref),
    readActive: reader.readActive(ref.tenant, 10),
    readEnded: reader.readEnded(ref.tenant),
    readUnready: reader.readUnready(["scan"]),
    announce: writer.write("announce", pending(ref)),
    progress: writer.write("progress", processing(ref, 1, 2)),
    requestCancel: writer.requestCancel(ref, 7),
    touchActive: writer.touchActive([ref]),
    watchCancel: writer.watchCancel(ref, 1, () => undefined).then((unlisten) => unlisten()),
    subscribe: feed.subscribe([ref], () => undefined).then((subscription) => subscription.close()),
    watchLists: feed.watchLists(ref.tenant, () => undefined).then((end) => end()),
    ping: installation.ping(),
    readSentinels: installation.readSentinels(),
    readBeat: installation.readBeat(),
  };
  const outcomes = await Promise.all(
    Object.entries(calls).map(async ([name, call]) => [name, await outcomeOf(call)] as const),
  );
  return Object.fromEntries(outcomes);
}

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve(`hangs for ${HANGS_MS} ms`), HANGS_MS);
  });
  const settles = call.then(
    () => "answered",
    (error: unknown) => (hasCode(error, "store_unavailable") ? "store_unavailable" : String(error)),
  );
  const outcome = await Promise.race([settles, hangs]);
  clearTimeout(timer);
  return outcome;
}

/** Calls everything again and again until all of it is answered; meanwhile each call must answer or be unavailable. */
export async function untilEverythingAnswers(store: StatusStore, ref: JobRef): Promise<void> {
  const wrong = new Set<string>();
  await eventually("everything is answered", async () => {
    const outcomes = Object.entries(await callEverything(store, ref));
    for (const [name, outcome] of outcomes)
      if (outcome !== "answered" && outcome !== "store_unavailable") wrong.add(`${name}: ${outcome}`);
    return wrong.size > 0 || outcomes.every(([, outcome]) => outcome === "answered");
  });
  if (wrong.size > 0) throw new Error(`neither an answer nor store_unavailable: ${[...wrong].join("; ")}`);
}
