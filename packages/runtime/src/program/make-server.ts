import {
  createServer,
  requireTenant,
  subjectOf,
  type DemoTenant,
  type JobsOptions,
  type MountOptions,
  type SignInOptions,
} from "@statusplane/server";
import type { FastifyInstance } from "fastify";
import { readKeptSecret } from "../cli/kept-secret.ts";
import { isLoopback, type Config, type SignIn } from "../config/config.ts";
import type { FolderFiles } from "../files/index.ts";
import { metricSources, readiness } from "./operators-view.ts";
import type { Parts } from "./parts.ts";

/** The server of this role: role progress gets a reader and a feed, and nothing else of storage. */
export async function makeServer(parts: Parts, files: FolderFiles | null): Promise<FastifyInstance> {
  const { config, application, context, jobs, stores, health, disk, registry, leaving, logStream } = parts;
  const { values } = config;
  const common = {
    ...(await signInOptions(config)),
    ...(application.authenticate === undefined ? {} : { authenticate: application.authenticate }),
    allowedOrigins: values.ALLOWED_ORIGINS,
    requestsPerMinute: values.RATE_LIMIT_PER_MINUTE,
    missesPerMinute: values.RATE_LIMIT_MISSES_PER_MINUTE,
    tenantRequestsPerMinute: values.RATE_LIMIT_TENANT_PER_MINUTE,
    tenantReadsPerMinute: values.RATE_LIMIT_READS_PER_MINUTE,
    addressRefusalsPerMinute: values.RATE_LIMIT_ADDRESS_PER_MINUTE,
    streamsPerToken: values.STREAMS_PER_TOKEN,
    streamsPerTenant: values.STREAMS_PER_TENANT,
    streamsPerAddress: values.STREAMS_PER_ADDRESS,
    timings: values.TIMINGS,
    trustedProxies: values.TRUSTED_PROXIES,
    readiness: () => readiness(parts),
    registry,
    metrics: { access: metricsAccess(config), sources: metricSources(parts) },
    leaving,
    drainMs: values.REDIS_URL === null ? 0 : values.DRAIN_SECONDS * 1_000, // else nobody else could serve meanwhile
    http: { maxConnections: values.MAX_CONNECTIONS },
    log: { level: values.LOG_LEVEL, ...(logStream === undefined ? {} : { stream: logStream }) },
  };
  if (stores.durable === null || files === null) {
    return createServer({ ...common, store: stores.store, jobTypes: jobs.map(({ type }) => type) });
  }
  const { database, queue } = stores.durable;
  const mounted: JobsOptions = {
    ...common,
    store: stores.store,
    jobTypes: jobs,
    errors: application.errors ?? [],
    records: database.requests,
    viewRecords: database.views,
    files,
    queue,
    uploadMaxBytes: values.UPLOAD_MAX_BYTES,
    acceptsWork: (fileBytes) =>
      health.acceptsWork() ?? (fileBytes === null || disk === null ? null : disk.refusesFile(fileBytes)),
    ...(application.playable === undefined ? {} : { playable: application.playable }),
    ...(config.demo ? { demoTenants: application.demoTenants ?? DEMO_TENANTS } : {}),
    extend: (signedIn, details, outputs) =>
      application.routes?.(signedIn, {
        ...context,
        outputs,
        findRecord: (ref) => details.find(ref),
        eraseViewer: (tenant, viewer) => database.views.eraseViewer(tenant, viewer),
        requireTenant,
        subjectOf,
      }),
  };
  return createServer({
    ...common,
    ...mounted,
    loopbackOnly: config.demo && config.role === "all" && isLoopback(values.HOST),
    ...(application.webRoot === undefined ? {} : { webRoot: application.webRoot }),
  });
}

/** Whom a demo lets in, unless the application says. */
const DEMO_TENANTS: readonly DemoTenant[] = [
  { tenant: "1", name: "Demo 1" },
  { tenant: "2", name: "Demo 2" },
];

type SignInParts = Partial<Pick<MountOptions, "signIn" | "signingSecret">>;

/** What signs nothing else yet in one process of everything is signed by a secret that is kept beside its database. */
async function signInOptions({ role, signIn, values }: Config): Promise<SignInParts> {
  const { SIGNING_SECRET: signingSecret } = values;
  if (signIn !== null) return { signIn: await tokenRules(signIn, values), signingSecret };
  const isKept = signingSecret === null && role === "all";
  return { signingSecret: isKept ? await readKeptSecret(values.DATA_DIR) : signingSecret };
}

async function tokenRules(signIn: SignIn, values: Config["values"]): Promise<SignInOptions> {
  const claims = { tenant: values.TENANT_CLAIM, subject: values.SUBJECT_CLAIM };
  const rules = { issuer: values.JWT_ISSUER, audience: values.JWT_AUDIENCE, claims };
  if (signIn.kind === "jwks") {
    return { kind: "jwks", url: signIn.url, ...rules };
  }
  const secret = signIn.kind === "secret" ? signIn.secret : await readKeptSecret(values.DATA_DIR);
  return { kind: "secret", secret, ...rules };
}

function metricsAccess({ values }: Config): "open" | "operator" | "elsewhere" {
  if (values.METRICS_PORT !== 0) return "elsewhere";
  return isLoopback(values.HOST) ? "open" : "operator";
}
