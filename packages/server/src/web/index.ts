/**
 * The built page: its files, and index.html for every address that is the page's own. Imports core, @fastify/static.
 * Files come from a folder that a build has filled; nothing of a tenant is in it and nobody signs in to read it.
 */
export * from "./page-headers.ts";
export * from "./page-routes.ts";
