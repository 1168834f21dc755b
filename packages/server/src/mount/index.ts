/**
 * The platform's routes put together, for a server of its own and for an application's. Imports every folder of routes.
 * Storage comes in through core's ports as options; each scope of routes is given what it needs and nothing else. `prepare`
 * is what an instance needs beforehand, `statusplane` the plugin that does both, `createServer` stands on the same.
 */
export * from "./mount-options.ts";
export * from "./mount.ts";
export * from "./parts.ts";
export * from "./prepare.ts";
export * from "./statusplane.ts";
