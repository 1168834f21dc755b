/** The browser's globals; what is missing where there is no page, or in an old browser, is undefined. */
export const host: Partial<typeof globalThis> = globalThis;
