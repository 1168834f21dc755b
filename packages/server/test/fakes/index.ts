/**
 * Small, honest stand-ins for the ports that the server is given, and a server over them.
 * Imports core and the server's sources. Each fake keeps what it is told in memory (files: in a temporary folder) and
 * counts what it was asked, so that tests can say "without a statement".
 */
export * from "./caching-proxy.ts";
export * from "./fake-records.ts";
export * from "./fake-status-store.ts";
export * from "./key-server.ts";
export * from "./temporary-files.ts";
export * from "./test-server.ts";
export * from "./tokens.ts";
export { FakeViewRecords } from "./fake-view-records.ts";
