import { Gauge, type Registry } from "prom-client";

/** Adds a gauge whose values are asked for when `/metrics` is, and never else. */
export type AddGauge = (
  /** Without its `statusplane_`. */
  name: string,
  help: string,
  labelNames: string[],
  fill: (gauge: Gauge) => void,
) => void;

/** Gauges of a registry that answer from what the process already knows. */
export function askedGauges(registry: Registry): AddGauge {
  return (name, help, labelNames, fill) => {
    const made = new Gauge({
      name: `statusplane_${name}`,
      help,
      labelNames,
      registers: [],
      collect() {
        fill(this);
      },
    });
    registry.registerMetric(made);
  };
}
