import type { HttpLimits, LogOptions } from "./http/index.ts";
import type { MountOptions } from "./mount/index.ts";
import type { MetricsAccess, MetricSources, Readiness } from "./operations/index.ts";

/** What a server of its own is given, beside what it mounts. */
export type ServerOptions = MountOptions & {
  /** Proxies whose `X-Forwarded-For` is believed: addresses, networks, `loopback`. Default: loopback. */
  readonly trustedProxies?: readonly string[];
  /** Deadlines and sizes of connections; the defaults are `HTTP_LIMITS`. */
  readonly http?: Partial<HttpLimits>;
  /** What the process knows of itself. Default: ready. */
  readonly readiness?: () => Readiness;
  readonly metrics?: {
    /** Default "operator". */
    readonly access?: MetricsAccess;
    readonly sources?: MetricSources;
  };
  /** Whether only requests that name the loopback host, or one of `allowedOrigins`, are answered. Default false. */
  readonly loopbackOnly?: boolean;
  /** Folder of the built page. Default: no page. */
  readonly webRoot?: string;
  /** Default: pino at level "info" to stdout. False: none. */
  readonly log?: LogOptions | false;
};
