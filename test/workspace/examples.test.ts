import { root, typeCheck } from "@statusplane/test-support";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, it } from "vitest";

const packages = readdirSync(join(root, "packages"));
const PAGES = [
  ...packages.map((name) => `packages/${name}/README.md`),
  "docs/guides/watching-from-a-page.md",
  "docs/guides/adding-a-job-type.md",
];

interface Example {
  /** Where it stands. */
  readonly at: string;
  readonly text: string;
}

/** What the `@example`s, and blocks without imports of their own, stand in. */
const AROUND_CLIENT = `
import { createClient, isEnded, isSuccess, jobsAhead, ClientError, type StatusplaneClient } from "@statusplane/client";
import { StatusplaneProvider, useActiveJobs, useClient, useJob, useJobs, useLiveViews, useReportedMedia, useView, ProgressBar } from "@statusplane/client/react";
import { createViewReporter, type ViewReporter } from "@statusplane/client/views";
import { defineJobProgress } from "@statusplane/client/element";
import { createWatcher, type JobWatcher } from "@statusplane/client/watch";
import { askRecords, getActive, waitFor, watchActive } from "@statusplane/client/features";
import { asyncStatusStore, getPollInterval, useWorkerJobPoller } from "@statusplane/client/compat";
import { useRef, type ReactNode } from "react";
declare const reporter: ViewReporter;
declare const videoElement: HTMLVideoElement;
declare const client: StatusplaneClient;
declare const watcher: JobWatcher;
declare const file: File;
declare const App: () => ReactNode;
declare const getToken: () => Promise<string>;
declare const shop: { recordOf(ref: { id: string }): Promise<{ status: string } | null> };
declare function show(...words: unknown[]): void;
`;
const AROUND_PROGRAM = `
import { defineErrors, type JobFiles, type JobQueue, type JobRef, type StatusStore } from "@statusplane/core";
import { createMemoryQueue, openMemoryStatusStore } from "@statusplane/memory";
import { openEmbeddedDatabase, openServerDatabase, type Database } from "@statusplane/postgres";
import { openRedisStatusStore } from "@statusplane/redis";
import { createBullmqQueue } from "@statusplane/redis/bullmq";
import { runStatusplane } from "@statusplane/runtime";
import { createServer, statusplane, type Authenticate } from "@statusplane/server";
import { createReconciler, createWorker, defineJob, type JobDefinition } from "@statusplane/worker";
import { openWorkbook } from "@statusplane/xlsx";
import type { FastifyInstance } from "fastify";
declare const app: FastifyInstance;
declare const authenticate: Authenticate;
declare const database: Database;
declare const files: JobFiles;
declare const jobs: readonly JobDefinition[];
declare const queue: JobQueue;
declare const ref: JobRef;
declare const scanJob: JobDefinition;
declare const sessions: { find(cookie?: string): Promise<{ companyId: string; email: string } | null> };
declare const store: StatusStore;
`;

/** Blocks of TypeScript and JavaScript on a page. */
function ofPage(path: string): Example[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^```(?:js|ts|tsx)\n([\s\S]*?)^```/gm)].map(([, block = ""], i) => ({
    at: `${path}, block ${i + 1}`,
    text: block,
  }));
}

/** The `@example` of every comment in a file: it stands at the comment's end. */
function ofSource(path: string): Example[] {
  const comments = readFileSync(path, "utf8").match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return comments
    .filter((comment) => comment.includes("@example"))
    .map((comment) => ({
      at: relative(root, path),
      text: comment
        .slice(comment.indexOf("@example") + "@example".length, -"*/".length)
        .replaceAll(/^ *\* ?/gm, ""),
    }));
}

const sources = packages.flatMap((name) =>
  readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => join(root, "packages", name, "src", file)),
);

function moduleOf({ at, text }: Example): string {
  if (/^import /m.test(text)) return text;
  const around = /\bclient\b|watching-from-a-page|planted/.test(at) ? AROUND_CLIENT : AROUND_PROGRAM;
  return `${around}{\n${text}\n}`;
}

/** Type-checks each as a module of its own, as strictly as the product. Answers the complaints. */
async function complaintsAbout(examples: readonly Example[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-examples-"));
  try {
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const compilerOptions = {
      ...{ composite: false, declaration: false, declarationMap: false, sourceMap: false, noEmit: true },
      ...{ noUnusedLocals: false, noUnusedParameters: false, allowImportingTsExtensions: true },
      ...{ lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"], jsx: "react-jsx", types: ["node"] },
      ...{ module: "ESNext", moduleResolution: "Bundler", moduleDetection: "force" },
    };
    const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["*.tsx"] };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    for (const [i, example] of examples.entries()) {
      await writeFile(join(folder, `example-${i}.tsx`), moduleOf(example));
      const [, job] = /^export const (\w+)Job = /m.exec(example.text) ?? []; // its page imports it from a file
      if (job !== undefined) await writeFile(join(folder, `${job}-job.ts`), example.text);
    }
    const printed = await typeCheck(folder);
    return printed
      .split("\n")
      .filter((line) => line.includes("error TS"))
      .map((line) => line.replace(/^.*example-(\d+)\.tsx/, (_, i: string) => examples[Number(i)]?.at ?? i));
  } finally {
    await rm(folder, { recursive: true });
  }
}

it("every example of the pages and of the exports compiles, and one that does not would be seen", async () => {
  const examples = [...PAGES.flatMap(ofPage), ...sources.flatMap(ofSource)];
  for (const name of packages) {
    const own = (at: string): boolean => at.startsWith(`packages/${name}/README.md`);
    expect(
      examples.some(({ at }) => own(at)),
      `an example in the README of ${name}`,
    ).toBe(true);
  }
  const planted = { at: "planted", text: `client.watch({ kind: "task", id: 1 });` };
  const complaints = await complaintsAbout([...examples, planted]);
  expect(complaints).toEqual([expect.stringContaining("planted"), expect.stringContaining("planted")]);
}, 120_000);

it.each(packages)("packages/%s carries the licence, and its README's links lead somewhere", (name) => {
  const folder = join(root, "packages", name);
  expect(readFileSync(join(folder, "LICENSE"), "utf8")).toBe(readFileSync(join(root, "LICENSE"), "utf8"));
  const links = readFileSync(join(folder, "README.md"), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g);
  const dead = [...links].filter(([, link = ""]) => !existsSync(join(folder, link)));
  expect(dead.map(([, link]) => link)).toEqual([]);
});
