import swagger from "@fastify/swagger";
import { ERRORS, type ErrorDefinition } from "@statusplane/core";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { PAGE_HEADERS } from "../web/page-headers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the API document says of a route that validates by itself, in zod. */
    documents?: FastifySchema & {
      readonly consumes?: readonly string[];
      /** How the document writes the address. Default: as the route does. */
      readonly path?: string;
    };
  }
}

/** Collects the routes registered after it; their zod schemas become OpenAPI 3.1 when the document is first asked for. */
export async function documentApi(fastify: FastifyInstance): Promise<void> {
  await fastify.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Statusplane", version: "0.1.0", description: "Progress without the database." },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
      security: [{ token: [] }],
    },
    exposeHeadRoutes: false,
    transform: (document) => {
      const { path = document.url, ...documents } = document.route.config?.documents ?? {};
      return jsonSchemaTransform({ ...document, url: path, schema: { ...document.schema, ...documents } });
    },
  });
}

/**
 * `/openapi.json` and `/docs`.
 * @param ownErrors of the job types, beside the platform's.
 */
export function documentRoutes(fastify: FastifyInstance, ownErrors: readonly ErrorDefinition[]): void {
  let text: string | undefined;
  fastify.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(fastify.swagger());
    return reply.header("content-type", "application/json; charset=utf-8").send(text);
  });
  let page: string | undefined;
  fastify.get("/docs", { schema: { hide: true } }, async (_request, reply) => {
    page ??= docsPage(fastify, ownErrors);
    return reply.headers(PAGE_HEADERS).header("content-type", "text/html; charset=utf-8").send(page);
  });
}

/** A page without scripts or anything from elsewhere: the routes, and the errors that problems link to. */
function docsPage(fastify: FastifyInstance, ownErrors: readonly ErrorDefinition[]): string {
  const paths = Object.entries(fastify.swagger().paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(
      ([method, operation]) =>
        `<tr><td><code>${method.toUpperCase()} ${escapeHtml(path)}</code><td>${escapeHtml(summaryOf(operation))}`,
    ),
  );
  const codes = [...Object.values(ERRORS), ...ownErrors].map(
    ({ code, http, retryable, ko, en }) =>
      `<tr id="${code}"><td><code>${code}</code><td>${http}<td>${retryable ? "yes" : "no"}<td lang="ko">${escapeHtml(ko)}<td>${escapeHtml(en)}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Statusplane API</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #8884;text-align:left;vertical-align:top}
:target{outline:2px solid #58f}</style>
<h1>Statusplane API</h1><p>As a machine reads it: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<h2>Addresses</h2><table>${paths.join("\n")}</table>
<h2>Errors</h2><p>Every error is <code>application/problem+json</code> with one of these codes.</p>
<table><tr><th>code<th>HTTP<th>try again<th>한국어<th>English${codes.join("\n")}</table></html>`;
}

function summaryOf(operation: unknown): string {
  const { summary } = (operation ?? {}) as { readonly summary?: unknown };
  return typeof summary === "string" ? summary : "";
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}
