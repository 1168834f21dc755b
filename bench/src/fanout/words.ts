/** Who pushes, or answers polls. */
export const RIVALS = ["bare-sse", "our-sse", "bare-socket", "our-socket", "our-poll"] as const;
export type Rival = (typeof RIVALS)[number];

/** What the servers' process is told. */
export type ServerOrder = { readonly order: "usage" } | { readonly order: "push"; readonly text: string };

/** What it answers: itself as it is now, garbage collected. */
export interface Usage {
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
}

/** What the clients' process is told. */
export type ClientOrder =
  | { readonly order: "open"; readonly rival: Rival; readonly port: number; readonly connections: number }
  | { readonly order: "count" }
  | { readonly order: "close" };

/** What it answers to `open` and `close`: nothing more than that it is done. To `count`: what arrived since the last time. */
export interface Arrivals {
  /** Updates, each counted once per connection. */
  readonly updates: number;
  /** How long each was under way, ms, sorted; a sample of them. */
  readonly latenciesMs: readonly number[];
}

export const TENANT = "7";
export const JOB_ID = "watched";
