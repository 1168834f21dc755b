import type { MigrationList } from "@statusplane/runtime";

/** The academy's own tables: students, and how far their imports are. */
export const MIGRATIONS: readonly MigrationList[] = [
  { name: "academy", folder: new URL("../migrations/", import.meta.url) },
];
