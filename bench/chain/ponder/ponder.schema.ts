import { onchainTable } from "ponder";

/** An operation that went through, by `hash action`. */
export const operation = onchainTable("operation", (t) => ({ id: t.text().primaryKey(), blockNumber: t.integer().notNull() }));
