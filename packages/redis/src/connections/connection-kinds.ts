/** How connections of one kind behave; what they have in common is in `redis-connector.ts`. */
export interface ConnectionKind {
  /** How often a command in flight is sent again on a new connection; 0: it fails, null: until it is answered. */
  readonly resends: 0 | 1 | null;
  /** Whether a command without a connection waits for one; else it fails at once. */
  readonly waitsForConnection: boolean;
  /** A connection that owes an answer and has been silent for so long is dead: it is made anew. */
  readonly deadPeerMs: number;
  /** TCP and TLS handshake. */
  readonly connectTimeoutMs: number;
  /** A Cluster command is sent on so often, 100 ms apart where its node is gone. */
  readonly maxRedirections: number;
}

/** Somebody waits for each answer, with a deadline of the caller's; 8 redirections later that caller has given up. */
const REQUEST = {
  waitsForConnection: false,
  deadPeerMs: 2_000,
  connectTimeoutMs: 500,
  maxRedirections: 8,
} as const;

export const CONNECTION_KINDS = {
  /** Calls that somebody waits for, and that may be made twice: reads, and writes that say the same again. */
  request: { ...REQUEST, resends: 1 },
  /** Calls that somebody waits for, and that must not be made twice. */
  requestOnce: { ...REQUEST, resends: 0 },
  /** Nothing but subscriptions, made again by whoever has them. */
  subscriber: { ...REQUEST, resends: 0 },
  /**
   * For BullMQ's consumers, which block for 10 s at most: a command has no deadline and waits for the server's return,
   * but not for an answer on a connection that has fallen silent.
   */
  blocking: {
    resends: null,
    waitsForConnection: true,
    deadPeerMs: 15_000,
    connectTimeoutMs: 10_000,
    maxRedirections: 16,
  },
} as const satisfies Readonly<Record<string, ConnectionKind>>;

export type ConnectionKindName = keyof typeof CONNECTION_KINDS;
