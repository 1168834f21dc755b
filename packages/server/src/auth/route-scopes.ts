import { StatusplaneError } from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, RouteOptions } from "fastify";
import { sendProblem } from "../errors/index.ts";
import { PLAYABLE_FILES_ROUTE } from "../playback/playable-files.ts";
import { requireIdentity } from "./identity.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What a sign-in needs for this route: `watch`, `play`, `manage`, or a word of the application's own. */
    scope?: string;
  }
}

/** What a sign-in may do; null: everything. */
export type Scopes = ReadonlySet<string> | null;

/**
 * - `watch` sees jobs: progress, details, results, history
 * - `play` gets addresses that play
 * - `manage` submits, cancels, retries and deletes
 * - `open` needs no sign-in
 */
export type RouteScope = "watch" | "play" | "manage" | "open";

/** What is read. */
const GET: Readonly<Record<string, RouteScope>> = {
  [ROUTES.progress.video]: "watch",
  [ROUTES.progress.job]: "watch",
  [ROUTES.batch]: "watch",
  [ROUTES.events]: "watch",
  [ROUTES.socket]: "watch",
  [ROUTES.detail.video]: "watch",
  [ROUTES.detail.job]: "watch",
  [ROUTES.list.video]: "watch",
  [ROUTES.list.job]: "watch",
  [ROUTES.result]: "watch",
  [ROUTES.file]: "watch",
  [ROUTES.jobTypes]: "watch",
  [ROUTES.playback]: "play",
  [ROUTES.views]: "play",
  [ROUTES.view]: "play",
  [ROUTES.liveViews]: "manage",
  [ROUTES.policy]: "manage",
  [ROUTES.tenantPolicy]: "manage",
  [PLAYABLE_FILES_ROUTE]: "open",
  [ROUTES.demo]: "open",
};

/** What is done. */
const POST: Readonly<Record<string, RouteScope>> = {
  [ROUTES.watchToken]: "watch",
  [ROUTES.events]: "watch",
  [ROUTES.list.video]: "manage",
  [ROUTES.list.job]: "manage",
  [ROUTES.cancel.video]: "manage",
  [ROUTES.cancel.job]: "manage",
  [ROUTES.retry.video]: "manage",
  [ROUTES.retry.job]: "manage",
  [ROUTES.views]: "play",
  [ROUTES.viewBeacon]: "open",
  [ROUTES.demoSignIn]: "open",
};

/** What is set. */
const PUT: Readonly<Record<string, RouteScope>> = {
  [ROUTES.policy]: "manage",
  [ROUTES.tenantPolicy]: "manage",
};

/** What is taken away. */
const DELETE: Readonly<Record<string, RouteScope>> = {
  [ROUTES.detail.video]: "manage",
  [ROUTES.detail.job]: "manage",
  [ROUTES.policy]: "manage",
  [ROUTES.tenantPolicy]: "manage",
  [ROUTES.ownGrants]: "play",
  [ROUTES.viewerGrants]: "manage",
};

const BY_METHOD = { GET, POST, PUT, DELETE } as const;

/** The methods that the platform's routes have. */
export const ROUTE_METHODS: readonly string[] = Object.keys(BY_METHOD);

/**
 * Every route of the platform and what it needs, as `GET /path`. A route that is not here is not registered: the start
 * fails.
 */
export const ROUTE_SCOPES: Readonly<Record<string, RouteScope>> = Object.fromEntries(
  Object.entries(BY_METHOD).flatMap(([method, routes]) =>
    Object.entries(routes).map(([route, scope]) => [routeKey(method, route), scope]),
  ),
);

/** A route as the table names it, however its slashes are written. */
export function routeKey(method: string, path: string): string {
  return `${method === "HEAD" ? "GET" : method} /${path.replace(/^\/|\/$/g, "")}`;
}

/**
 * Has every route that this scope registers from now on check what the sign-in may do. Comes after the sign-in itself.
 * @throws {TypeError} at the registration of a route that says no scope.
 */
export function requireScopes(fastify: FastifyInstance): void {
  fastify.addHook("onRoute", (route) => {
    const before = route.onRequest ?? [];
    route.onRequest = [...(Array.isArray(before) ? before : [before]), allowOnly(scopeOf(route))];
  });
}

function scopeOf({ config, method, url, ...route }: RouteOptions & { readonly routePath: string }): string {
  const methods = typeof method === "string" ? [method] : method;
  const [scope, ...others] = new Set(
    methods.map((each) => config?.scope ?? ROUTE_SCOPES[routeKey(each, route.routePath)]),
  );
  if (scope === undefined || scope === "open" || others.length > 0) {
    const names = methods.map((each) => routeKey(each, url)).join(", ");
    throw new TypeError(`${names} needs config: { scope } that says what a sign-in must allow`);
  }
  return scope;
}

function allowOnly(scope: string): onRequestHookHandler {
  return (request, reply, done) => {
    const { scopes } = requireIdentity(request);
    if (scopes === null || scopes.has(scope)) return done();
    sendProblem(reply, "insufficient_scope", { detail: scope });
  };
}

/** Whether somebody's sign-in allows this. */
export function mayDo({ scopes }: { readonly scopes: Scopes }, scope: string): boolean {
  return scopes === null || scopes.has(scope);
}

/** For what a route needs only for some of what it is asked. @param scope undefined: nothing. @throws {insufficient_scope} */
export function requireScope(request: FastifyRequest, scope: string | undefined): void {
  if (scope === undefined || mayDo(requireIdentity(request), scope)) return;
  throw new StatusplaneError("insufficient_scope", { detail: scope });
}
