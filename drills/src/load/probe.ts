import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";

const ASK_EVERY_MS = 20;
/** So many answers in a row: one may come from a process that is about to go. */
const ANSWERS_IN_A_ROW = 5;

/** Asks for the active list on fresh connections. @returns ms until the first of five answers in a row. */
export async function probeUntilAnswered(fleet: Fleet): Promise<number> {
  const token = await fleet.token("7");
  const startedAtMs = performance.now();
  let firstMs: number | null = null;
  for (let inARow = 0; inARow < ANSWERS_IN_A_ROW; await sleep(ASK_EVERY_MS)) {
    const answered = await asks(`${fleet.url}/api/v1/progress/?active=1`, token);
    if (answered) firstMs ??= performance.now() - startedAtMs;
    else firstMs = null;
    inARow = answered ? inARow + 1 : 0;
  }
  return firstMs ?? performance.now() - startedAtMs;
}

async function asks(url: string, token: string): Promise<boolean> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, connection: "close" },
      signal: AbortSignal.timeout(2_000),
    });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false; // refused or cut: asked again
  }
}
