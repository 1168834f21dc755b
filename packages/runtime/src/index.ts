/**
 * The `statusplane` program for anybody's jobs: configuration, composition by role, files, health, command line.
 * Imports every package; whoever has jobs to run imports this and `defineJob`, and needs nothing else.
 */
export type { Application, ApplicationContext, ApplicationDatabase, RoutesContext } from "./application.ts";
export type { MigrationList } from "@statusplane/postgres";
export type { Role } from "./config/config.ts";
export {
  flag,
  hiddenVariable,
  optionalVariable,
  variable,
  wholeNumber,
  type ValuesOf,
  type Variable,
  type VariableTable,
} from "./config/variable.ts";
export { createCollector, folderPaths, openFolderFiles, type Collected } from "./files/index.ts";
export { runStatusplane } from "./run-statusplane.ts";
