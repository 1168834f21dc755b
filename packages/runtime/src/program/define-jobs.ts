import { StatusplaneError } from "@statusplane/core";
import type { JobDefinition } from "@statusplane/worker";
import type { ApplicationContext, ApplicationDatabase } from "../application.ts";
import type { Stores } from "./open-stores.ts";
import type { StartOptions } from "./parts.ts";

/** Role progress has no database: whoever asks it all the same is told so. */
const NO_DATABASE: ApplicationDatabase = {
  query: () => Promise.reject(new StatusplaneError("not_served_here")),
  transaction: () => Promise.reject(new StatusplaneError("not_served_here")),
};

/**
 * The application's job types in this process, and what they were made of.
 * @throws {TypeError} when two have the same name.
 */
export function defineJobs(
  { application, config, log }: StartOptions,
  { durable }: Stores,
): { readonly context: ApplicationContext; readonly jobs: readonly JobDefinition[] } {
  const { role, values, own } = config;
  const database = durable?.database ?? NO_DATABASE;
  const context: ApplicationContext = { role, values: { ...own.values, ...values }, database, log };
  const jobs = typeof application.jobs === "function" ? application.jobs(context) : application.jobs;
  const twice = jobs.find(({ type }, at) => jobs.findIndex((each) => each.type === type) !== at);
  if (twice !== undefined) throw new TypeError(`the job type ${twice.type} is there twice`);
  return { context, jobs };
}
