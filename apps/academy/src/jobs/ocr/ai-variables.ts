import { hiddenVariable, optionalVariable, variable, wholeNumber, type ValuesOf } from "@statusplane/runtime";
import { z } from "zod";
import type { AiSettings } from "./ai-endpoint.ts";

/** What an installation may say of an AI endpoint that reads documents. */
export const AI_VARIABLES = {
  AI_BASE_URL: optionalVariable(
    z.url({ protocol: /^https?$/ }),
    "an OpenAI-compatible endpoint that reads documents' pages, up to and with its `/v1`; not set: pages are recognised on this machine",
  ),
  AI_API_KEY: hiddenVariable(optionalVariable(z.string().min(1), "its key, sent as a bearer token")),
  AI_MODEL: variable(z.string().min(1), "gpt-4o-mini", "the model that is asked; it must take pictures"),
  AI_TIMEOUT_SECONDS: variable(
    wholeNumber(1, 600, "seconds"),
    90,
    "longest wait for the answer to one page, seconds",
  ),
  AI_JOB_TOKENS: variable(
    wholeNumber(1, 1_000_000_000, "tokens"),
    2_000_000,
    "tokens that one document may use, asked and answered; pages beyond it are left out and named",
  ),
};

/** The endpoint of these settings; null where none is set. */
export function chosenAi(settings: ValuesOf<typeof AI_VARIABLES>): AiSettings | null {
  if (settings.AI_BASE_URL === null) return null;
  return {
    baseUrl: settings.AI_BASE_URL.replace(/\/+$/, ""),
    apiKey: settings.AI_API_KEY,
    model: settings.AI_MODEL,
    timeoutMs: settings.AI_TIMEOUT_SECONDS * 1_000,
    jobTokens: settings.AI_JOB_TOKENS,
  };
}
