import type { ErrorDefinition, JobRecord, JobRef } from "@statusplane/core";
import type { Database, MigrationList } from "@statusplane/postgres";
import type { JobDefinition } from "@statusplane/worker";
import type { Authenticate, DemoTenant, JobOutputs, PlayableFiles } from "@statusplane/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Role } from "./config/config.ts";
import type { ValuesOf, VariableTable } from "./config/variable.ts";
import type { Values } from "./config/variables.ts";

/**
 * What an application gives to {@link runStatusplane}: its job types, and whatever else is its own. All but `jobs` may
 * be absent.
 */
export interface Application<Own extends VariableTable = VariableTable> {
  /** The job types; as a function where they need settings or the database. A new one is one line here. */
  readonly jobs: readonly JobDefinition[] | ((context: ApplicationContext<Own>) => readonly JobDefinition[]);
  /** Codes that its routes answer with, beside the job types' own: `Object.values(defineErrors({ … }))`. */
  readonly errors?: readonly ErrorDefinition[];
  /** Its own tables: numbered `*.sql` files, applied at each start and by `migrate up`, in a schema per list. */
  readonly migrations?: readonly MigrationList[];
  /** Environment variables of its own; none may have a name of the platform's. */
  readonly variables?: Own;
  /**
   * Removes what the application keeps only for a time, by at most one statement (cause `housekeeping`). Called about once an
   * hour by one process of an installation, and again after half a minute while it answers that there may be more.
   */
  housekeeping?(context: ApplicationContext<Own>): Promise<boolean>;
  /** Adds its own routes: signed in, not for watch tokens. Roles `all` and `api`. */
  routes?(fastify: FastifyInstance, context: RoutesContext<Own>): Promise<void> | void;
  /**
   * Its own sign-in, beside the tokens that `JWT_SECRET` or `JWKS_URL` verify, if one of them is set. Role `api` then needs
   * `SIGNING_SECRET` or `JWT_SECRET`. Default: none.
   */
  readonly authenticate?: Authenticate;
  /** What a READY video leaves for players. Default: nothing plays. */
  readonly playable?: PlayableFiles;
  /** Whom a demo lets in by one click. Default: two, called Demo 1 and Demo 2. */
  readonly demoTenants?: readonly DemoTenant[];
  /** Folder of its built page. Default: no page. */
  readonly webRoot?: string;
  /** What `--version` says. Default: the platform's. */
  readonly version?: string;
}

/** What the parts of an application are made of. */
export interface ApplicationContext<Own extends VariableTable = VariableTable> {
  readonly role: Role;
  /** The platform's and its own settings. */
  readonly values: Values & ValuesOf<Own>;
  /** For its own statements. In role `progress` every one is refused, for that has no database. */
  readonly database: ApplicationDatabase;
  readonly log: Logger;
}

export type ApplicationDatabase = Pick<Database, "query" | "transaction">;

/** What an application's routes are made of. */
export interface RoutesContext<Own extends VariableTable = VariableTable> extends ApplicationContext<Own> {
  /** Sends files that jobs declared, at addresses of the application's own. */
  readonly outputs: Pick<JobOutputs, "send">;
  /** One look at a job's row, shared with the detail routes and paid by the tenant's share. */
  readonly findRecord: (ref: JobRef) => Promise<JobRecord | null>;
  /** Removes what a viewer watched: rows and lines at once, the status store within moments. @throws {database_unavailable} */
  readonly eraseViewer: (tenant: string, viewer: string) => Promise<void>;
  /** The tenant of the verified token. @throws {unauthenticated | tenant_required} */
  readonly requireTenant: (request: FastifyRequest) => string;
  /** Who asks: the verified token's subject; null where it names nobody. */
  readonly subjectOf: (request: FastifyRequest) => string | null;
}
