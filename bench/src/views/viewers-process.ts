/**
 * Half of the viewers, in a process of their own, forked by clients.ts: each reports ten seconds every ten seconds, its first
 * one at a moment of its own, by real HTTP on connections that are kept.
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { REPORT_EVERY_MS, type ViewersAnswer, type ViewersOrder } from "./words.ts";

const CONNECTIONS = 32;
const SECONDS = REPORT_EVERY_MS / 1_000;
const VIDEO_SECONDS = 1_800;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

interface Call {
  readonly method: "GET" | "POST";
  readonly token: string;
  readonly body?: string;
}

/** @returns the text of an answer that is 2xx, else null. */
function call(url: string, { method, token, body }: Call): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
    };
    const sent = request(url, { method, agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        const isFine = (answer.statusCode ?? 500) < 300;
        resolve(isFine ? Buffer.concat(chunks).toString() : null);
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

async function watch(order: ViewersOrder): Promise<ViewersAnswer> {
  const reportMs: number[] = [];
  const pollMs: number[] = [];
  let failed = 0;
  const until = performance.now() + order.milliseconds;
  const timed = async (into: number[], path: string, what: Call): Promise<void> => {
    const startedAtMs = performance.now();
    const text = await call(order.origin + path, what).catch(() => null); // counted as failed
    into.push(performance.now() - startedAtMs);
    if (text === null || text.includes('"outcome":"refused"') || text.includes('"outcome":"load"'))
      failed += 1;
  };
  const viewer = async (token: string, n: number): Promise<void> => {
    let next = performance.now() + (n / order.tokens.length) * REPORT_EVERY_MS;
    for (let from = 0; next < until; from = (from + SECONDS) % VIDEO_SECONDS, next += REPORT_EVERY_MS) {
      await sleep(Math.max(0, next - performance.now()));
      await timed(reportMs, order.path, { method: "POST", token, body: reportOf(order.video, from) });
    }
  };
  const polls = async (): Promise<void> => {
    const [token = ""] = order.tokens;
    if (order.poll === null) return;
    const { path, perSecond } = order.poll;
    for (let next = performance.now(); next < until; next += 1_000 / perSecond) {
      await sleep(Math.max(0, next - performance.now()));
      void timed(pollMs, path, { method: "GET", token });
    }
  };
  await Promise.all([...order.tokens.map(viewer), polls()]);
  return { reports: reportMs.length, reportMs, pollMs, failed };
}

function reportOf(video: string, from: number): string {
  const ranges = [[from, from + SECONDS]];
  return JSON.stringify({ reports: [{ video, player: "p1", ranges, position: from + SECONDS }] });
}

process.on("message", (order: ViewersOrder) => void watch(order).then((answer) => process.send?.(answer)));
process.on("disconnect", () => process.exit(0));
