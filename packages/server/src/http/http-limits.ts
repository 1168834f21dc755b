/** How long and how large what comes over a connection may be. Each is a bound on what one stranger can hold. */
export interface HttpLimits {
  /** A request's head must have arrived so soon after its connection opened or its first byte came, ms. */
  readonly headMs: number;
  /** A body that is no form must have arrived so soon after its head, ms. */
  readonly bodyMs: number;
  /** A form of which nothing more comes for so long is ended, ms. One that moves may take hours. */
  readonly uploadIdleMs: number;
  /** Over so long the pace of a form, and of whoever reads an answer, is averaged, ms. */
  readonly paceOverMs: number;
  /** What is slower is ended, bytes a second. */
  readonly slowestBytesPerSecond: number;
  /** Largest form, bytes, with everything that is around its file. */
  readonly formMaxBytes: number;
  /** A connection on which a request is under way and nothing moves either way for so long is ended, ms. */
  readonly silenceMs: number;
  /** After an answer a connection waits so long for the next request, ms. */
  readonly keepAliveMs: number;
  /** What is left of a body after its answer is read away for so long, ms… */
  readonly readAwayMs: number;
  /** …and so far, bytes. */
  readonly readAwayMaxBytes: number;
  /** Connections at once; what comes beyond is closed unheard. */
  readonly maxConnections: number;
  /** All of the above is looked at so often, ms. */
  readonly checkEveryMs: number;
}

const MIB = 1024 ** 2;

export const HTTP_LIMITS: HttpLimits = {
  headMs: 10_000,
  bodyMs: 10_000,
  uploadIdleMs: 30_000,
  paceOverMs: 60_000,
  slowestBytesPerSecond: 16_000,
  formMaxBytes: 4_096 * MIB + MIB,
  silenceMs: 60_000,
  /** Longer than any load balancer's idle timeout that we know (60 s), so that the server never closes first. */
  keepAliveMs: 72_000,
  readAwayMs: 10_000,
  readAwayMaxBytes: 256 * MIB,
  maxConnections: 16_384,
  checkEveryMs: 2_000,
};
