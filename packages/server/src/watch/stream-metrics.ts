import type { AddGauge } from "../operations/asked-gauges.ts";
import { TRANSPORTS } from "./channel.ts";
import { CLOSINGS, LATENCY_SECONDS, OPENINGS, type StreamCounts } from "./stream-counts.ts";

/** What `/metrics` tells of streams. */
export function streamMetrics(gauge: AddGauge, counts: StreamCounts): void {
  gauge("streams", "Open streams; `wait`: requests that wait for a change", ["transport"], (each) => {
    for (const transport of TRANSPORTS) each.labels(transport).set(counts.open[transport]);
    each.labels("wait").set(counts.waiting);
  });
  gauge(
    "streams_opened_total",
    "Streams by how they came about: a reader's first, beside an old one, after a lost one",
    ["transport", "opening"],
    (each) => {
      for (const transport of TRANSPORTS) {
        for (const opening of OPENINGS) {
          each.labels(transport, opening).set(counts.opened[transport][opening]);
        }
      }
    },
  );
  gauge("streams_closed_total", "Streams that are over, by why", ["transport", "reason"], (each) => {
    for (const transport of TRANSPORTS) {
      for (const reason of CLOSINGS) each.labels(transport, reason).set(counts.closed[transport][reason]);
    }
  });
  gauge("streams_refused_total", "Streams refused for too many", [], (each) => each.set(counts.refused));
  gauge("streams_unsigned_total", "Sockets closed because nobody said who it is", [], (each) =>
    each.set(counts.unsigned),
  );
  gauge("stream_sign_ins_total", "Sign-ins renewed on open sockets", [], (each) =>
    each.set(counts.signInRenewals),
  );
  gauge("stream_deliveries_total", "Snapshots written to streams", ["transport"], (each) => {
    for (const transport of TRANSPORTS) each.labels(transport).set(counts.deliveries[transport]);
  });
  gauge("stream_views_total", "Views written to streams", ["transport"], (each) => {
    for (const transport of TRANSPORTS) each.labels(transport).set(counts.viewsTold[transport]);
  });
  gauge(
    "stream_drops_total",
    "Snapshots and views that a newer one replaced before a slow reader had room",
    [],
    (each) => each.set(counts.drops),
  );
  latencyMetrics(gauge, counts);
}

/** As a histogram's series, so that a quantile is asked for as everywhere. */
function latencyMetrics(gauge: AddGauge, counts: StreamCounts): void {
  const name = "stream_delivery_seconds";
  const total = (): number => counts.latencies.reduce((sum, each) => sum + each, 0);
  gauge(`${name}_bucket`, "From a worker's write to a stream's connection", ["le"], (each) => {
    let below = 0;
    LATENCY_SECONDS.forEach((seconds, index) => {
      below += counts.latencies[index] ?? 0;
      each.labels(String(seconds)).set(below);
    });
    each.labels("+Inf").set(total());
  });
  gauge(`${name}_sum`, "Seconds of all deliveries together", [], (each) =>
    each.set(counts.latencySumSeconds),
  );
  gauge(`${name}_count`, "Deliveries whose latency is known", [], (each) => each.set(total()));
}
