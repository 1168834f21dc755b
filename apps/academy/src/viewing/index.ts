/**
 * What a tenant's students have watched: the teacher's grid, its workbook, who watches by which sign-in, and a student's end.
 * May import core, Fastify, zod, hucre and ../students. One statement a page joins students with the platform's views; what changes while
 * people watch is told by the platform from Redis.
 */
export { StudentViews, type StudentViewsRow } from "./student-views.ts";
export { studentViewsRoutes, type StudentViewsOptions } from "./student-views-routes.ts";
