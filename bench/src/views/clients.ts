import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ViewersAnswer, ViewersOrder } from "./words.ts";

const PROCESSES = 2;
const PROGRAM = fileURLToPath(new URL("./viewers-process.ts", import.meta.url));

/** Has two processes watch, each half of the viewers. @returns what both saw. */
export async function watchByTwo(order: ViewersOrder): Promise<ViewersAnswer> {
  const answers = await Promise.all(
    Array.from({ length: PROCESSES }, (_, which) =>
      watchByOne({ ...order, tokens: order.tokens.filter((_token, n) => n % PROCESSES === which) }),
    ),
  );
  const sum = (of: (answer: ViewersAnswer) => number): number =>
    answers.reduce((total, answer) => total + of(answer), 0);
  return {
    reports: sum(({ reports }) => reports),
    reportMs: answers.flatMap(({ reportMs }) => reportMs),
    pollMs: answers.flatMap(({ pollMs }) => pollMs),
    failed: sum(({ failed }) => failed),
  };
}

async function watchByOne(order: ViewersOrder): Promise<ViewersAnswer> {
  const child = fork(PROGRAM, { execArgv: process.execArgv });
  try {
    const answered = once(child, "message");
    const died = once(child, "exit").then(([code]) => {
      throw new Error(`a process of viewers ended with ${String(code)}`);
    });
    child.send(order);
    const [answer] = (await Promise.race([answered, died])) as [ViewersAnswer];
    return answer;
  } finally {
    child.removeAllListeners("exit");
    child.kill();
  }
}

/** @param share e.g. 0.99. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
