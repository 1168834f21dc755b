import { ROUTES } from "@statusplane/core/wire";
import { setTimeout as sleep } from "node:timers/promises";
import { VIDEO } from "./words.ts";

/** Whoever the grid's teacher waits for; not among the counted viewers. */
export const PROBE = "probe";
const REPORT_EVERY_MS = 1_000;
/** A stream that has ended is opened again after this, ms. */
const AGAIN_MS = 200;

export interface GridLagOptions {
  readonly origin: string;
  /** A sign-in that may manage. */
  readonly manager: string;
  /** The sign-in of {@link PROBE}. */
  readonly probe: string;
  readonly isOver: AbortSignal;
}

/**
 * A teacher's grid, told by a stream, while one more viewer reports every second: each report stands somewhere else, and is
 * seen when the stream tells that position.
 * @returns from the moment a report is sent until the grid is told of it, or of a later one, ms.
 */
export async function measureGridLag(options: GridLagOptions): Promise<readonly number[]> {
  const { isOver } = options;
  /** Position → when it was sent, the oldest first. */
  const sent = new Map<number, number>();
  const lags: number[] = [];
  const seen = (position: number): void => {
    for (const [at, sentAtMs] of sent) {
      if (at > position) break;
      lags.push(performance.now() - sentAtMs);
      sent.delete(at);
    }
  };
  const grid = async (): Promise<void> => {
    while (!isOver.aborted) {
      await readStream(options, seen).catch(() => undefined); // it ended: its age, or the phase is over
      await pause(AGAIN_MS, isOver);
    }
  };
  const reports = async (): Promise<void> => {
    for (let position = 1; !isOver.aborted; position += 1) {
      sent.set(position, performance.now());
      const answer = await report(options, position).catch(() => null);
      if (answer?.ok !== true) sent.delete(position);
      await pause(REPORT_EVERY_MS, isOver);
    }
  };
  await Promise.all([grid(), reports()]);
  return lags;
}

function report({ origin, probe, isOver }: GridLagOptions, position: number): Promise<Response> {
  const reports = [{ video: VIDEO, player: PROBE, ranges: [], position }];
  return fetch(origin + ROUTES.views, {
    method: "POST",
    headers: { authorization: `Bearer ${probe}`, "content-type": "application/json" },
    body: JSON.stringify({ reports }),
    signal: isOver,
  });
}

async function readStream(
  { origin, manager, isOver }: GridLagOptions,
  onPosition: (position: number) => void,
): Promise<void> {
  const answer = await fetch(`${origin}${ROUTES.events}?views=${VIDEO}`, {
    headers: { authorization: `Bearer ${manager}`, accept: "text/event-stream" },
    signal: isOver,
  });
  if (!answer.ok || answer.body === null) throw new Error(`the stream was answered ${answer.status}`);
  let rest = "";
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = /^event: ?view\n(?:.*\n)*?data: ?(.*)/m.exec(event)?.[1];
      const { viewer, position } = JSON.parse(data ?? "{}") as { viewer?: string; position?: number | null };
      if (viewer === PROBE && typeof position === "number") onPosition(position);
    }
  }
}

async function pause(ms: number, isOver: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: isOver }).catch(() => undefined); // over before that
}
