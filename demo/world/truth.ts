import type { BookedBlock, Books, ConfigChange, Operation } from "./books.ts";
import { type ActionType, type Outcome, REASON_CODES, type ReasonCode, type WatchedContract } from "./model.ts";

/** How many operations share contract, action, reason and outcome. */
export interface OperationCount {
  readonly contract: WatchedContract;
  readonly actionType: ActionType;
  readonly reasonCode: ReasonCode | null;
  readonly outcome: Outcome;
  readonly count: number;
}

/** Operations that an oracle reason stopped (blocked and caught): ever mined, taken back by reorgs, and standing now. */
interface ReasonTruth {
  readonly applied: number;
  readonly retracted: number;
  readonly current: number;
}

/** What really happened, by the driver's books: what every emitter's numbers are measured against. */
export interface Truth {
  /** Every mined operation, once for each block that held it: one that is mined again after a reorg counts twice. */
  readonly applied: readonly OperationCount[];
  /** The operations whose blocks a reorg took away. */
  readonly retracted: readonly OperationCount[];
  /** The operations of the present branch: applied - retracted. */
  readonly current: readonly OperationCount[];
  readonly byReason: Readonly<Record<ReasonCode, ReasonTruth>>;
  /** The operations of the present branch in chain order. */
  readonly operations: readonly Operation[];
  /** The operations of orphaned blocks in the order they were mined. */
  readonly orphanedOperations: readonly Operation[];
  readonly changes: readonly ConfigChange[];
  readonly orphanedChanges: readonly ConfigChange[];
}

/** Draws up the truth from the books: from what was sent and from receipts, never from an emitter. */
export function truth({ books }: { readonly books: Books }): Truth {
  const operations = operationsOf(books.chain);
  const orphanedOperations = operationsOf(books.orphaned);
  const ofReason = (code: ReasonCode): ReasonTruth => {
    const current = operations.filter((operation) => operation.reasonCode === code).length;
    const retracted = orphanedOperations.filter((operation) => operation.reasonCode === code).length;
    return { applied: current + retracted, retracted, current };
  };
  const [missing, required, unhealthy] = REASON_CODES;
  return {
    applied: countOperations([...operations, ...orphanedOperations]),
    retracted: countOperations(orphanedOperations),
    current: countOperations(operations),
    byReason: { [missing]: ofReason(missing), [required]: ofReason(required), [unhealthy]: ofReason(unhealthy) },
    operations,
    orphanedOperations,
    changes: books.chain.flatMap((block) => block.changes),
    orphanedChanges: books.orphaned.flatMap((block) => block.changes),
  };
}

/** All operations of the given blocks, in their order. */
export function operationsOf(blocks: readonly BookedBlock[]): readonly Operation[] {
  return blocks.flatMap((block) => block.operations);
}

/** Counts operations by contract, action, reason and outcome, sorted by these. */
export function countOperations(operations: readonly Operation[]): readonly OperationCount[] {
  const counts = new Map<string, OperationCount>();
  for (const { contract, actionType, reasonCode, outcome } of operations) {
    const key = [contract, actionType, reasonCode ?? "", outcome].join(" ");
    counts.set(key, { contract, actionType, reasonCode, outcome, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}
