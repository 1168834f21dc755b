import { withClient, type PostgresServer } from "@statusplane/test-support";
import { BackendsByRole } from "./backends-by-role.ts";

/** What one role asked of Postgres, and what that cost, per minute. */
export interface RoleRates {
  readonly cpuSeconds: number;
  readonly connections: number;
  readonly statements: number;
  readonly selects: number;
}

/** One phase, per minute. */
export interface Rates {
  readonly polls: number;
  /** All of Postgres. */
  readonly cpuSeconds: number;
  readonly roles: ReadonlyMap<string, RoleRates>;
}

const NOTHING: RoleRates = { cpuSeconds: 0, connections: 0, statements: 0, selects: 0 };

/** @returns zeros for a role that did nothing. */
export function ratesOf({ roles }: Rates, role: string): RoleRates {
  return roles.get(role) ?? NOTHING;
}

/** Measures what Postgres did while something went on: its statements by its own count, its CPU and backends from /proc. */
export class PostgresMeter {
  readonly #server: PostgresServer;

  /** The server's own database `postgres` must have the extension pg_stat_statements. */
  constructor(server: PostgresServer) {
    this.#server = server;
  }

  /** @param during answers how many polls it made. */
  async measure(during: () => Promise<number>): Promise<Rates> {
    const before = await this.#countStatements();
    const backends = new BackendsByRole(this.#server.pid);
    await backends.start();
    const polls = await during();
    const usage = await backends.stop();
    const after = await this.#countStatements();
    const { minutes } = usage;
    const names = new Set([...usage.roles.keys(), ...after.keys()]);
    names.delete("postgres"); // whoever measures
    const roles = [...names].map((role): [string, RoleRates] => {
      const counted = (member: "statements" | "selects"): number =>
        ((after.get(role)?.[member] ?? 0) - (before.get(role)?.[member] ?? 0)) / minutes;
      return [
        role,
        {
          cpuSeconds: (usage.roles.get(role)?.cpuSeconds ?? 0) / minutes,
          connections: (usage.roles.get(role)?.connections ?? 0) / minutes,
          statements: counted("statements"),
          selects: counted("selects"),
        },
      ];
    });
    return {
      polls: polls / minutes,
      cpuSeconds: usage.cpuSeconds / minutes,
      roles: new Map(roles),
    };
  }

  /** Over all databases, from one that nobody else uses: this connection is not among what is measured. */
  async #countStatements(): Promise<ReadonlyMap<string, Pick<RoleRates, "statements" | "selects">>> {
    return withClient(this.#server.url, async (client) => {
      const { rows } = await client.query<{ role: string; statements: string; selects: string }>(
        `SELECT rolname AS role, sum(calls) AS statements,
           coalesce(sum(calls) FILTER (WHERE query ~* '^\\s*SELECT'), 0) AS selects
         FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
         WHERE toplevel GROUP BY rolname`,
      );
      return new Map(
        rows.map(({ role, statements, selects }) => [
          role,
          { statements: Number(statements), selects: Number(selects) },
        ]),
      );
    });
  }
}
