import { definitionOf, encodeJson, ERRORS, type ErrorDefinition, type KnownError } from "@statusplane/core";
import type { ProblemBody } from "@statusplane/core/wire";
import type { FastifyReply } from "fastify";
import { languageOf, type Language } from "./language.ts";

export interface ProblemOptions {
  /** What exactly was wrong; shown only for status < 500. */
  readonly detail?: string | undefined;
  /** Seconds for `Retry-After`; default for 429, 503 and 507: 1–3 at random, so that a crowd does not return as one. */
  readonly retryAfterSeconds?: number | undefined;
}

const CONTENT_TYPE = "application/problem+json; charset=utf-8";
const DETAIL_MAX_CHARACTERS = 300;

/** A malformed id is told like an unknown one: the same bytes. */
const TOLD_AS: ReadonlyMap<string, ErrorDefinition> = new Map([["invalid_id", ERRORS.not_found]]);

/** The body of a problem, and its status. */
export function problemOf(
  error: KnownError,
  language: Language,
  detail?: string,
): { readonly status: number; readonly text: string } {
  const definition = definitionOf(error);
  const told = TOLD_AS.get(definition.code) ?? definition;
  const isSpecific = detail !== undefined && told.http < 500 && told === definition;
  const body: ProblemBody = {
    type: `/docs#${told.code}`,
    title: told.en,
    status: told.http,
    code: told.code,
    detail: told[language] + (isSpecific ? ` (${printable(detail)})` : ""),
  };
  return { status: told.http, text: encodeJson(body) };
}

function printable(text: string): string {
  return text.slice(0, DETAIL_MAX_CHARACTERS).replace(/\p{Cc}/gu, " ");
}

const texts = new Map<string, ReturnType<typeof problemOf>>();

function plainProblem(error: KnownError, language: Language): ReturnType<typeof problemOf> {
  const key = `${language}:${definitionOf(error).code}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  const made = problemOf(error, language);
  texts.set(key, made);
  return made;
}

/** Answers with a problem. */
export function sendProblem(
  reply: FastifyReply,
  error: KnownError,
  options: ProblemOptions = {},
): FastifyReply {
  const language = languageOf(reply.request.headers["accept-language"]);
  const { status, text } =
    options.detail === undefined ? plainProblem(error, language) : problemOf(error, language, options.detail);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (status === 429 || status === 503 || status === 507) {
    reply.header("retry-after", String(options.retryAfterSeconds ?? 1 + Math.floor(Math.random() * 3)));
  }
  addVary(reply, "Authorization, Accept-Language");
  return reply
    .code(status)
    .header("content-type", CONTENT_TYPE)
    .header("content-language", language)
    .header("cache-control", "no-store")
    .header("x-content-type-options", "nosniff")
    .send(text);
}

/** Adds to `Vary` what the answer depends on, beside what CORS has put there, each name once. */
export function addVary(reply: FastifyReply, names: string): void {
  const present = reply.getHeader("vary");
  if (typeof present !== "string" || present === "") return void reply.header("vary", names);
  const known = new Set(present.toLowerCase().split(/, */));
  const added = names.split(", ").filter((name) => !known.has(name.toLowerCase()));
  if (added.length > 0) reply.header("vary", [present, ...added].join(", "));
}
