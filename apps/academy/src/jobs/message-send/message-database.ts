/** What messages hold of the database; `Database` of the postgres package fits. */
export interface MessageDatabase {
  query(
    cause: "work" | "people" | "housekeeping",
    query: {
      readonly name: string;
      readonly text: string;
      readonly values: readonly unknown[];
      readonly repeatable?: boolean;
    },
  ): Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;
}
