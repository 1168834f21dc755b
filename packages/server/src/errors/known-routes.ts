import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Only says that the address is served by another process. */
    isElsewhere?: boolean;
  }
}

/** Which methods an address knows: for 405 with `Allow` instead of 404. Looked at only where no route matched. */
export class KnownRoutes {
  readonly #routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];

  /** Notes every route that is registered after this call. */
  listenTo(fastify: FastifyInstance): void {
    fastify.addHook("onRoute", ({ url, method, config }) => {
      if (url === "*" || url === "/*" || config?.isElsewhere === true) return;
      const methods = typeof method === "string" ? [method] : method;
      this.#routes.push({ pattern: patternOf(url), methods });
    });
  }

  /** @param path without query. @returns sorted, each method once; empty where nothing is. */
  methodsAt(path: string): readonly string[] {
    const methods = this.#routes.filter(({ pattern }) => pattern.test(path)).flatMap((each) => each.methods);
    return [...new Set(methods)].sort();
  }
}

function patternOf(url: string): RegExp {
  const segments = url
    .replace(/\/+$/, "")
    .split("/")
    .map((segment) =>
      segment === "*"
        ? ".+"
        : segment.startsWith(":")
          ? "[^/]+"
          : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    );
  return new RegExp(`^${segments.join("/")}/?$`);
}
