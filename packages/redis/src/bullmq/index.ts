/**
 * BullMQ as the platform's queue. An entry of its own: whoever takes another queue loads nothing of it, and the packages
 * behind it are loaded when a queue is made.
 */
export { createBullmqQueue, type BullmqQueue, type BullmqQueueOptions } from "./bullmq-queue.ts";
