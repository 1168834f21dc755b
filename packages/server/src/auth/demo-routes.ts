import { StatusplaneError } from "@statusplane/core";
import { type DemoBody, type DemoSignedInBody, type DemoTenantBody, ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";
import { mintToken } from "./mint-token.ts";
import type { RouteScope } from "./route-scopes.ts";
import type { SignInOptions } from "./sign-in.ts";

/** A tenant that anybody may sign in as. */
export interface DemoTenant {
  /** `[A-Za-z0-9_-]{1,64}`. */
  readonly tenant: string;
  /** As people see it. */
  readonly name: string;
  /** Who may be signed in as to watch and play, nothing else. Default: nobody. */
  readonly viewers?: readonly DemoViewer[];
}

/** Somebody who watches. */
export interface DemoViewer {
  /** The sign-in's subject. */
  readonly viewer: string;
  readonly name: string;
  /** Words that the token names as `groups`. Default: none. */
  readonly groups?: readonly string[];
}

const DEMO_TOKEN_SECONDS = 12 * 3_600;

/** What a viewer's sign-in may do. */
const VIEWER_SCOPES: readonly RouteScope[] = ["play", "watch"];

const demoViewer = z.object({ viewer: z.string(), name: z.string() });
const demoTenant = schemaOf<DemoTenantBody>()(
  z.object({ tenant: z.string(), name: z.string(), viewers: z.array(demoViewer) }),
);
const demo = schemaOf<DemoBody>()(z.object({ tenants: z.array(demoTenant) }));
const signedIn = schemaOf<DemoSignedInBody>()(
  z.object({
    token: z.string(),
    tenant: z.string(),
    name: z.string(),
    expires_at: z.iso.datetime(),
  }),
);

/**
 * Sign-in by one click as one of the demo tenants. Registered only where the demo is on; elsewhere both addresses are
 * unknown.
 * @throws {TypeError} with a key set: tokens cannot be minted then.
 */
export function demoRoutes(
  fastify: FastifyInstance,
  {
    signIn,
    tenants,
  }: { readonly signIn: SignInOptions | undefined; readonly tenants: readonly DemoTenant[] },
): void {
  if (signIn?.kind !== "secret") throw new TypeError("the demo signs in with JWT_SECRET, not with JWKS_URL");
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  app.get(
    ROUTES.demo,
    {
      schema: {
        tags: ["sign-in"],
        summary: "The demo tenants; 404 where the demo is off",
        security: [],
        response: { 200: demo },
      },
    },
    async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { tenants: tenants.map(bodyOf) };
    },
  );
  app.post(
    ROUTES.demoSignIn,
    {
      schema: {
        tags: ["sign-in"],
        summary: "A sign-in token of a demo tenant",
        security: [],
        body: z.object({
          tenant: z.string(),
          viewer: z.string().optional().describe("who watches there. Default: who manages it"),
        }),
        response: { 200: signedIn },
      },
    },
    async (request, reply) => {
      const found = tenants.find(({ tenant }) => tenant === request.body.tenant);
      if (found === undefined) {
        const detail = `tenant is one of ${tenants.map(({ tenant }) => tenant).join(", ")}`;
        throw new StatusplaneError("invalid_request", { detail });
      }
      const { tenant } = found;
      const { name, ...content } = contentFor(found, request.body.viewer);
      const { token, expiresAt } = await mintToken(signIn, {
        ...{ tenant, lifeSeconds: DEMO_TOKEN_SECONDS },
        ...content,
      });
      reply.header("cache-control", "no-store");
      return { token, tenant, name, expires_at: expiresAt.toISOString() };
    },
  );
}

function bodyOf({ tenant, name, viewers = [] }: DemoTenant) {
  return { tenant, name, viewers: viewers.map((each) => ({ viewer: each.viewer, name: each.name })) };
}

/** @throws {invalid_request} for a viewer that is none of the tenant's. */
function contentFor({ name, viewers = [] }: DemoTenant, viewer: string | undefined) {
  if (viewer === undefined) return { name, subject: "demo" };
  const found = viewers.find((each) => each.viewer === viewer);
  if (found === undefined)
    throw new StatusplaneError("invalid_request", { detail: "viewer is not one of it" });
  return { name: found.name, subject: found.viewer, scopes: VIEWER_SCOPES, groups: found.groups ?? [] };
}
