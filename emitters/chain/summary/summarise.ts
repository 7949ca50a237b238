import type { ConfigChangeFact, OperationFact, SummaryFact } from "../facts.ts";

/** What a block makes known, call by call. */
export type SeenFact = OperationFact | ConfigChangeFact;
/** What is written of it. */
export type WrittenFact = SeenFact | SummaryFact;

/**
 * Leaves a row of its own to as many calls of each action that went through as `fullRows`, the first of the block; those beyond share one
 * row for each kind, which says how many and of what.
 *
 * What failed always keeps its own row, and so does what went through right after a failure of its contract: it ends a run, and a report
 * must be able to say which call that was. The limit is held block by block, because a block is what a reorg takes back and what may be
 * read in any order: so the same rows stand however feeds race.
 *
 * @param facts - of one block, in its order
 */
export function summarised(facts: readonly SeenFact[], fullRows: number): readonly WrittenFact[] {
  if (facts.length <= fullRows) return facts;
  const kept: SeenFact[] = [];
  const shared = new Map<string, OperationFact[]>();
  const rows = new Map<string, number>();
  const failed = new Set<string>();
  for (const fact of facts) {
    if (fact.kind === "config_change" || fact.outcome !== "success") {
      if (fact.kind === "operation") failed.add(fact.contract);
      kept.push(fact);
      continue;
    }
    const endsRun = failed.delete(fact.contract);
    const full = rows.get(fact.actionType) ?? 0;
    if (full < fullRows || endsRun) {
      rows.set(fact.actionType, full + 1);
      kept.push(fact);
      continue;
    }
    const kind = kindOf(fact);
    const group = shared.get(kind) ?? [];
    shared.set(kind, group);
    group.push(fact);
  }
  return [...kept, ...[...shared.values()].map(summaryOf)];
}

type Shared = Pick<
  SummaryFact,
  "chainId" | "blockNumber" | "blockHash" | "contract" | "actionType" | "callerCategory" | "evidence" | "route"
>;

/** The row that operations of one block and kind share, however often the block is applied. */
export function summaryRowId(fact: Shared): string {
  return `summary:${fact.chainId}:${fact.blockNumber}:${fact.blockHash}:${kindOf(fact)}`;
}

/** What all operations of a summary have in common, beside their block. */
function kindOf({ contract, actionType, callerCategory, evidence, route }: Shared): string {
  return `${contract}:${actionType}:${callerCategory}:${evidence}:${route ?? ""}`;
}

function summaryOf(group: readonly OperationFact[]): SummaryFact {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError("a summary stands for at least one operation");
  const { chainId, blockNumber, blockHash, timeMs, late, application } = first;
  const { contract, actionType, callerCategory, evidence, route } = first;
  return {
    kind: "operation_summary",
    id: `${summaryRowId(first)}:${application}`,
    timeMs,
    late,
    chainId,
    blockNumber,
    blockHash,
    application,
    contract,
    actionType,
    outcome: "success",
    callerCategory,
    evidence,
    route,
    operations: group.length,
    callers: new Set(group.map(({ caller }) => caller)).size,
    firstTxHash: first.txHash,
    lastTxHash: last.txHash,
  };
}
