import type { FastifyBaseLogger } from "fastify";
import {
  Limits,
  Origins,
  OwnSignIn,
  signingKeys,
  signInRules,
  TokenVerifier,
  WatchTokens,
  type SignIns,
} from "../auth/index.ts";
import { ServerMetrics, type MetricSources } from "../operations/index.ts";
import type { MountOptions } from "./mount-options.ts";

export interface Signed {
  readonly watchTokens: WatchTokens;
  readonly playbackKey: Uint8Array;
  readonly readersKey: Uint8Array;
}

/** What the routes of one mount share. */
export interface Parts {
  readonly signIns: SignIns;
  /** Pages that may act for whoever their browser signs in. */
  readonly origins: Origins;
  readonly limits: Limits;
  /** What is signed here; null: there is no secret for it. */
  readonly signed: Signed | null;
  readonly metrics: ServerMetrics;
}

/**
 * Makes what the routes of a mount share.
 * @throws {TypeError} when nobody could sign in, for a secret under 32 bytes.
 */
export async function makeParts(
  options: MountOptions,
  log: FastifyBaseLogger,
  sources?: MetricSources,
): Promise<Parts> {
  const { signIn = null, authenticate, signingSecret = null, allowedOrigins = [] } = options;
  if (signIn === null && authenticate === undefined) {
    throw new TypeError("nobody could sign in: give signIn, authenticate or both");
  }
  const keys = signingKeys(signIn, signingSecret);
  const signed =
    keys === null
      ? null
      : {
          watchTokens: await WatchTokens.withKey(keys.watchTokens),
          playbackKey: keys.playback,
          readersKey: keys.readers,
        };
  const limits = new Limits(options);
  const demoTenants = options.records === undefined ? [] : (options.demoTenants ?? []);
  const onKeySetFailure = (err: unknown): void =>
    log.warn({ err }, "the key set was not fetched; known keys go on");
  const tokens = new TokenVerifier({
    signIn: signIn === null ? null : await signInRules(signIn, onKeySetFailure),
    ...(signIn?.claims === undefined ? {} : { claims: signIn.claims }),
    watchTokens: signed?.watchTokens ?? null,
    limits,
    tenants: demoTenants.length === 0 ? null : new Set(demoTenants.map(({ tenant }) => tenant)),
  });
  const origins = new Origins(allowedOrigins);
  const { authenticateDeadlineMs: deadlineMs } = options;
  const signInOptions = { limits, origins, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  const own = authenticate === undefined ? null : new OwnSignIn({ authenticate, ...signInOptions });
  return {
    signIns: { tokens, own },
    origins,
    limits,
    signed,
    metrics: new ServerMetrics(options.registry, sources),
  };
}
