import { StatusplaneError } from "@statusplane/core";
import { type DemoBody, type DemoSignedInBody, type DemoTenantBody, ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";
import { mintToken } from "./mint-token.ts";
import type { SignInOptions } from "./sign-in.ts";

/** A tenant that anybody may sign in as. */
export interface DemoTenant {
  /** `[A-Za-z0-9_-]{1,64}`. */
  readonly tenant: string;
  /** As people see it. */
  readonly name: string;
}

const DEMO_TOKEN_SECONDS = 12 * 3_600;

const demoTenant = schemaOf<DemoTenantBody>()(z.object({ tenant: z.string(), name: z.string() }));
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
      return { tenants: [...tenants] };
    },
  );
  app.post(
    ROUTES.demoSignIn,
    {
      schema: {
        tags: ["sign-in"],
        summary: "A sign-in token of a demo tenant",
        security: [],
        body: z.object({ tenant: z.string() }),
        response: { 200: signedIn },
      },
    },
    async (request, reply) => {
      const found = tenants.find(({ tenant }) => tenant === request.body.tenant);
      if (found === undefined) {
        const detail = `tenant is one of ${tenants.map(({ tenant }) => tenant).join(", ")}`;
        throw new StatusplaneError("invalid_request", { detail });
      }
      const { tenant, name } = found;
      const content = { tenant, subject: "demo", lifeSeconds: DEMO_TOKEN_SECONDS };
      const { token, expiresAt } = await mintToken(signIn, content);
      reply.header("cache-control", "no-store");
      return { token, tenant, name, expires_at: expiresAt.toISOString() };
    },
  );
}
