import type { OutboxStats, StoreMemory, WriteAnswer, WriteKind } from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { askedGauges } from "./asked-gauges.ts";
import { POLL_ANSWERS, POLL_ROUTES, PollCounts } from "../progress/index.ts";
import { StreamCounts } from "../watch/stream-counts.ts";
import { streamMetrics } from "../watch/stream-metrics.ts";
import { ViewCounts, viewMetrics } from "../views/reports/view-counts.ts";

/** What other parts of the process count; each asked only when `/metrics` is, and answering from memory. */
export interface MetricSources {
  /** Statements sent to Postgres so far, by cause. */
  readonly statements?: () => Readonly<Record<string, number>>;
  /** Status writes so far, by kind and answer; `unavailable` where the store gave none. */
  readonly writes?: () => Iterable<{
    readonly kind: WriteKind;
    readonly answer: WriteAnswer | "unavailable";
    readonly count: number;
  }>;
  /** Values of other programs read so far. */
  readonly foreignReads?: () => number;
  readonly lostHints?: () => number;
  readonly outbox?: () => OutboxStats | null;
  readonly storeMemory?: () => StoreMemory | null;
  /** Keys of the status store by class, as last looked at. */
  readonly storeKeys?: () => Readonly<Record<string, number>>;
  /** Codes of the settings that put work at risk now. */
  readonly risks?: () => readonly string[];
  /** Waiting and delayed deliveries by job type, as last looked at. */
  readonly queueDepth?: () => ReadonlyMap<string, number>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** The server's metrics in a registry: its own, or one that the application fills too. Never a tenant or job as label. */
export class ServerMetrics {
  readonly registry: Registry;
  readonly polls = new PollCounts();
  readonly streams = new StreamCounts();
  readonly views = new ViewCounts();
  readonly #requests: Counter<"route" | "method" | "status">;
  readonly #seconds: Histogram<"route">;

  constructor(registry: Registry = new Registry(), sources: MetricSources = {}) {
    this.registry = registry;
    const registers = [registry];
    this.#requests = new Counter({
      name: "statusplane_http_requests_total",
      help: "Answered requests but polls",
      labelNames: ["route", "method", "status"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "statusplane_http_request_seconds",
      help: "Time to answer, polls excepted",
      labelNames: ["route"],
      buckets: SECONDS,
      registers,
    });
    this.#countPolls();
    streamMetrics(askedGauges(registry), this.streams);
    viewMetrics(askedGauges(registry), this.views);
    registerSources(registry, sources);
  }

  /** Counts every request of this scope by route, method and status. Not for polls: they count themselves. */
  observe(fastify: FastifyInstance): void {
    fastify.addHook("onResponse", (request, reply, done) => {
      const route = request.routeOptions.url?.replace(/(?<=.)\/$/, "") ?? "unknown";
      this.#requests.labels(route, request.method, String(reply.statusCode)).inc();
      this.#seconds.labels(route).observe(reply.elapsedTime / 1_000);
      done();
    });
  }

  #countPolls(): void {
    const counts = this.polls;
    const polls = new Gauge({
      name: "statusplane_polls_total",
      help: "Answered polls by route and answer; their rate is polls per second",
      labelNames: ["route", "answer"],
      registers: [],
      collect() {
        for (const route of POLL_ROUTES) {
          for (const answer of POLL_ANSWERS) this.labels(route, answer).set(counts.read(route, answer));
        }
      },
    });
    this.registry.registerMetric(polls);
  }
}

function registerSources(registry: Registry, sources: MetricSources): void {
  const { statements, writes, foreignReads, lostHints } = sources;
  const { outbox, storeMemory, storeKeys, risks, queueDepth } = sources;
  const gauge = askedGauges(registry);
  if (statements !== undefined) {
    gauge("statements_total", "Statements sent to Postgres", ["cause"], (each) => {
      for (const [cause, count] of Object.entries(statements())) each.labels(cause).set(count);
    });
  }
  if (writes !== undefined) {
    gauge("status_writes_total", "Status writes by answer", ["kind", "answer"], (each) => {
      for (const { kind, answer, count } of writes()) each.labels(kind, answer).set(count);
    });
  }
  if (lostHints !== undefined) {
    const help = "Changes of live lists that watchers were not told of at once";
    gauge("lost_hints_total", help, [], (each) => each.set(lostHints()));
  }
  if (foreignReads !== undefined) {
    gauge("foreign_reads_total", "Values of other programs read", [], (each) => each.set(foreignReads()));
  }
  if (outbox !== undefined) {
    gauge("outbox_entries", "Entries of the outbox", [], (each) => each.set(outbox()?.entries ?? 0));
    gauge("oldest_unrepaired_seconds", "Age of the oldest due outbox entry", [], (each) =>
      each.set((outbox()?.oldestUnrepairedMs ?? 0) / 1_000),
    );
  }
  if (storeMemory !== undefined) {
    gauge("store_memory_bytes", "Memory of the status store; max 0: no limit", ["of"], (each) => {
      each.labels("used").set(storeMemory()?.usedBytes ?? 0);
      each.labels("max").set(storeMemory()?.maxBytes ?? 0);
    });
  }
  if (storeKeys !== undefined) {
    gauge("store_keys", "Keys of the status store, by class", ["class"], (each) => {
      for (const [name, count] of Object.entries(storeKeys())) each.labels(name).set(count);
    });
  }
  if (risks !== undefined) {
    gauge("risks", "Settings that put work at risk now: 1 each", ["risk"], (each) => {
      each.reset(); // one that was mended is not there any more
      for (const risk of risks()) each.labels(risk).set(1);
    });
  }
  if (queueDepth !== undefined) {
    gauge("queue_depth", "Waiting and delayed deliveries", ["job_type"], (each) => {
      for (const [jobType, depth] of queueDepth()) each.labels(jobType).set(depth);
    });
  }
}
