/** A JSON schema as the API document writes it; only what the fuzzer looks at. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly $ref?: string;
}

export interface DocumentedParameter {
  readonly in: "path" | "query" | "header";
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** One method of one address. */
export interface DocumentedRoute {
  readonly method: string;
  /** With `{name}` for its parameters. */
  readonly path: string;
  readonly parameters: readonly DocumentedParameter[];
  /** By content type; empty: it takes no body. */
  readonly bodies: ReadonlyMap<string, Schema>;
}

interface Operation {
  readonly parameters?: readonly (Omit<DocumentedParameter, "required"> & { readonly required?: boolean })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
}

interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Every route of an OpenAPI document, in its order. */
export function routesOf(document: ApiDocument): readonly DocumentedRoute[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters: (parameters ?? []).map((each) => ({ ...each, required: each.required === true })),
      bodies: new Map(
        Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => [type, schema ?? {}]),
      ),
    })),
  );
}

/** The name of a route in tables. */
export function routeName({ method, path }: DocumentedRoute): string {
  return `${method} ${path}`;
}
