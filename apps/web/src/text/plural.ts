/** The English word for so many: `1 row`, `2 rows`. */
export const plural = (count: string, one: string, many: string): string => (count === "1" ? one : many);
