/** What job types there are, for whoever shows their jobs. May import submit/'s type of one. Nothing is asked of a store. */
export * from "./job-type-routes.ts";
