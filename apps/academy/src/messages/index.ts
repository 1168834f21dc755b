/**
 * Messages as people handle them: the preview, what became of each recipient, whom a tenant does not write to, and the
 * embedded mode's mail.
 * May import core, Fastify, zod, hucre, ../jobs/message-send and ../mail-sink. A statement or three for each request that
 * a person makes; nothing here is asked by watching.
 */
export { messagesRoutes, type MessagesOptions } from "./messages-routes.ts";
export { scrubMessages } from "./scrub-messages.ts";
