import { API_ROLE, WORKER_ROLE } from "../../../test/end-to-end/support/deployment.ts";
import type { CountedStatement } from "../../../test/end-to-end/support/statements.ts";
import { ratesOf, type Rates } from "../polling/postgres-meter.ts";
import { quantile } from "./clients.ts";
import type { ViewersAnswer } from "./words.ts";

/** One phase of ours, per minute. */
export interface Phase {
  readonly viewers: number;
  readonly seen: ViewersAnswer;
  /** From a report until a grid is told of it, ms. */
  readonly lagMs: readonly number[];
  readonly rates: Rates;
  readonly flushes: number;
  /** Neither flush nor housekeeping. */
  readonly caused: readonly CountedStatement[];
  readonly redisCpuSeconds: number;
  readonly redisBytes: number;
  readonly decided: number;
}

/** One side of the comparison. */
export interface Side {
  readonly name: string;
  readonly rates: Rates;
  /** A minute. */
  readonly statements: number;
  readonly reportMs: readonly number[];
}

/** A line a phase, and below it whatever else was sent. */
export function printOurs(phases: readonly Phase[]): void {
  head([
    ...["viewers", "reports", "failed", "p50, p99 of a report ms", "p99 of a poll ms"],
    ...["p50, p99 of a report in the grid ms", "flush statements"],
    ...["all of api, worker", "Postgres CPU s", "Redis CPU s", "Redis MB", "decided", "caused by watching"],
  ]);
  for (const { viewers, seen, lagMs, rates, flushes, caused, decided, ...redis } of phases) {
    const { reportMs, pollMs, failed } = seen;
    const all = [API_ROLE, WORKER_ROLE].map((role) => ratesOf(rates, role).statements.toFixed(0)).join(", ");
    const times = (of: readonly number[]): string => `${ms(quantile(of, 0.5))}, ${ms(quantile(of, 0.99))}`;
    row([
      ...[viewers.toLocaleString("en-US"), rates.polls.toFixed(0), String(failed), times(reportMs)],
      ...[ms(quantile(pollMs, 0.99)), times(lagMs), flushes.toFixed(1), all, rates.cpuSeconds.toFixed(2)],
      ...[redis.redisCpuSeconds.toFixed(2), (redis.redisBytes / 1e6).toFixed(1), String(decided)],
      String(caused.reduce((sum, { calls }) => sum + calls, 0)),
    ]);
    for (const { calls, query } of caused)
      console.log(`  ${calls} × ${query.replaceAll(/\s+/g, " ").slice(0, 120)}`);
  }
}

/** Each as a multiple of the first. */
export function printSides(sides: readonly Side[]): void {
  const cpuOf = ({ rates }: Side): number => (rates.cpuSeconds / rates.polls) * 10_000;
  const [first] = sides;
  if (first === undefined) return;
  console.log("");
  head([
    ...["per minute", "heartbeats", "statements", "×", "Postgres CPU s", "of 10,000 heartbeats", "×"],
    "p99 of a heartbeat ms",
  ]);
  for (const side of sides) {
    const { name, rates, statements, reportMs } = side;
    row([
      ...[name, rates.polls.toFixed(0), statements.toFixed(0), (statements / first.statements).toFixed(1)],
      ...[rates.cpuSeconds.toFixed(2), cpuOf(side).toFixed(3), (cpuOf(side) / cpuOf(first)).toFixed(1)],
      ms(quantile(reportMs, 0.99)),
    ]);
  }
}

function head(cells: readonly string[]): void {
  row(cells);
  row(cells.map(() => "---"));
}

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

const ms = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(1));
