/**
 * Who asks, and what they may: sign-in tokens and watch tokens, verified locally, without a statement and mostly without
 * cryptography, and an application's own sign-in beside them. Imports core, jose, http/ and errors/. Tokens come in by the
 * Authorization header alone; what goes out is an `Identity` on the request, from which alone every route takes its tenant.
 * `route-scopes.ts` has every route of the platform with what it needs.
 */
export * from "./authenticate.ts";
export * from "./claims.ts";
export * from "./demo-routes.ts";
export * from "./identity.ts";
export * from "./limit-misses.ts";
export * from "./limits.ts";
export * from "./mint-token.ts";
export * from "./origins.ts";
export * from "./own-sign-in.ts";
export * from "./route-scopes.ts";
export * from "./sign-in.ts";
export * from "./signing-keys.ts";
export * from "./token-verifier.ts";
export * from "./watch-token-routes.ts";
export * from "./watch-tokens.ts";
