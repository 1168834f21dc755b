"use client";

import { createContext, useContext, type JSX, type ReactNode } from "react";
import type { StatusplaneClient } from "../statusplane-client.ts";

const ClientContext = createContext<StatusplaneClient | null>(null);

export interface StatusplaneProviderProps {
  /** Made outside, once per tab; the provider does not close it. */
  readonly client: StatusplaneClient;
  readonly children?: ReactNode;
}

/**
 * Gives the client to the hooks below it.
 *
 * @example
 * const page = (
 *   <StatusplaneProvider client={client}>
 *     <App />
 *   </StatusplaneProvider>
 * );
 */
export function StatusplaneProvider({ client, children }: StatusplaneProviderProps): JSX.Element {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** @throws {Error} outside a {@link StatusplaneProvider}. */
export function useClient(): StatusplaneClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("Put a <StatusplaneProvider client={…}> around this component.");
  return client;
}
