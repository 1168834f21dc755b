import type { FastifyInstance, FastifyRequest } from "fastify";
import { isIPv6 } from "node:net";
import { sendProblem } from "../errors/index.ts";
import { KeyedBuckets, perMinute, type TokenBucket } from "../http/index.ts";
import { requireIdentity, type IdentityBase } from "./identity.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Each request of this route costs a statement that the tenant's share pays for. */
    readsRecords?: boolean;
  }
}

/** What may be asked in a minute. Each counts by what it names, in whatever spelling that comes. */
export interface LimitRates {
  /** Requests per token. Default 6,000. */
  readonly requestsPerMinute?: number;
  /** Of them, requests per token for jobs that are not there. Default 600. */
  readonly missesPerMinute?: number;
  /** Requests of all of a tenant's tokens and signatures together. Default 600,000. */
  readonly tenantRequestsPerMinute?: number;
  /** Rows looked up and pages read in the database, per tenant. Default 3,000. */
  readonly tenantReadsPerMinute?: number;
  /** Requests per client address that no token or signature lets in. Default 60,000. */
  readonly addressRefusalsPerMinute?: number;
}

/** The buckets of tokens, tenants and addresses. One per process. */
export class Limits {
  readonly #tokens: KeyedBuckets;
  readonly #misses: KeyedBuckets;
  readonly #tenants: KeyedBuckets;
  readonly #reads: KeyedBuckets;
  readonly #addresses: KeyedBuckets;

  constructor(rates: LimitRates = {}) {
    this.#tokens = new KeyedBuckets(perMinute(rates.requestsPerMinute ?? 6_000));
    this.#misses = new KeyedBuckets(perMinute(rates.missesPerMinute ?? 600));
    this.#tenants = new KeyedBuckets(perMinute(rates.tenantRequestsPerMinute ?? 600_000));
    this.#reads = new KeyedBuckets(perMinute(rates.tenantReadsPerMinute ?? 3_000));
    this.#addresses = new KeyedBuckets(perMinute(rates.addressRefusalsPerMinute ?? 60_000));
  }

  /** @param name what no spelling of the token changes. */
  ofToken(name: string): Pick<IdentityBase, "name" | "budget" | "misses"> {
    return { name, budget: this.#tokens.of(name), misses: this.#misses.of(name) };
  }

  /** Requests of a tenant. */
  ofTenant(tenant: string): TokenBucket {
    return this.#tenants.of(tenant);
  }

  /** What a tenant may read in the database. */
  readsOf(tenant: string): TokenBucket {
    return this.#reads.of(tenant);
  }

  /** Requests of a client's address that nothing lets in. */
  ofAddress({ ip }: Pick<FastifyRequest, "ip">): TokenBucket {
    return this.#addresses.of(networkOf(ip));
  }
}

/** An address as one client has it: IPv4 whole, also inside IPv6; of IPv6 the 64 bits that name a network. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}

/** Refuses requests of this scope whose tenant has read its share, on routes that say `readsRecords`. */
export function limitReads(fastify: FastifyInstance, limits: Limits): void {
  fastify.addHook("onRequest", (request, reply, done) => {
    const { tenant } = requireIdentity(request);
    if (tenant === null || request.routeOptions.config.readsRecords !== true) return done();
    const share = limits.readsOf(tenant);
    if (share.take()) return done();
    sendProblem(reply, "detail_budget_spent", { retryAfterSeconds: share.retryAfterSeconds() });
  });
}

/** On routes without a token: refuses an address that goes on bringing what lets nobody in. */
export function limitRefusals(fastify: FastifyInstance, limits: Limits): void {
  fastify.addHook("onRequest", (request, reply, done) => {
    const refusals = limits.ofAddress(request);
    if (!refusals.isSpent()) return done();
    sendProblem(reply, "rate_limited", { retryAfterSeconds: refusals.retryAfterSeconds() });
  });
  fastify.addHook("onResponse", (request, reply, done) => {
    if (reply.statusCode >= 400 && reply.statusCode < 500) limits.ofAddress(request).take();
    done();
  });
}
