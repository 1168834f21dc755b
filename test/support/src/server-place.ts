/** Where and as what a server runs. */
export interface ServerPlace {
  /** Its folder is made in this one; default the system's for temporary files. */
  readonly within?: string;
  /** Beside the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}
