import type { RecordRow, RecordTables } from "#core/ledger/ledger.ts";
import { POSTGRES_CANARY, SQLITE_CANARY } from "./canary/tables.ts";
import type { ChainConfig } from "./config.ts";
import { ACTOR_COLUMNS, EVIDENCE_COLUMNS } from "./evidence/columns.ts";
import type { CanaryFact, ChainFact, ConfigChangeFact, OperationFact, SummaryFact } from "./facts.ts";
import { POSTGRES_FINALITY, POSTGRES_FINALITY_COLUMN, SQLITE_FINALITY, SQLITE_FINALITY_COLUMN } from "./finality.ts";
import { POSTGRES_ROLLUPS, SQLITE_ROLLUPS } from "./reports/rollup-views.ts";
import { summaryRowId } from "./summary/summarise.ts";
import { POSTGRES_SUMMARIES, SQLITE_SUMMARIES } from "./summary/tables.ts";
import { POSTGRES_TABLES, SQLITE_TABLES } from "./tables.ts";

/**
 * The seed's tables: every operation and change of configuration ever seen is appended to a log, and the tables the seed names are views of
 * what stands.
 *
 * A reason code is written once with its meaning; a configuration that means something else by it is refused by the database.
 *
 * @see seed 000, section 4
 */
export function recordTables({ reasons }: Pick<ChainConfig, "reasons">): RecordTables<ChainFact> {
  return {
    migrations: [
      { version: 1, sqlite: SQLITE_TABLES, postgres: POSTGRES_TABLES },
      { version: 2, sqlite: EVIDENCE_COLUMNS, postgres: EVIDENCE_COLUMNS },
      { version: 3, sqlite: SQLITE_FINALITY, postgres: POSTGRES_FINALITY },
      { version: 4, sqlite: SQLITE_ROLLUPS, postgres: POSTGRES_ROLLUPS },
      { version: 5, sqlite: ACTOR_COLUMNS, postgres: ACTOR_COLUMNS },
      { version: 6, sqlite: SQLITE_CANARY, postgres: POSTGRES_CANARY },
      { version: 7, sqlite: SQLITE_FINALITY_COLUMN, postgres: POSTGRES_FINALITY_COLUMN },
      { version: 8, sqlite: SQLITE_SUMMARIES, postgres: POSTGRES_SUMMARIES },
    ],
    appendOnly: ["oracle_required_operation_log", "oracle_required_summary_log", "oracle_config_change_log", "oracle_canary_log"],
    rows: rowsOf,
    reference: reasons.map(({ code, oracleRequired, unhealthy }) => ({
      table: "reason_codes",
      key: ["code", "oracle_required", "unhealthy"],
      values: { code, oracle_required: oracleRequired, unhealthy },
    })),
  };
}

/** What a fact adds: a retraction adds nothing, the views leave out what a retraction names. */
function rowsOf(fact: ChainFact): readonly RecordRow[] {
  switch (fact.kind) {
    case "operation":
      return [{ table: "oracle_required_operation_log", values: operationValues(fact) }];
    case "operation_summary":
      return [{ table: "oracle_required_summary_log", values: summaryValues(fact) }];
    case "config_change":
      return [{ table: "oracle_config_change_log", values: changeValues(fact) }];
    case "canary":
      return [{ table: "oracle_canary_log", values: canaryValues(fact) }];
    case "operation_retracted":
    case "operation_summary_retracted":
    case "config_change_retracted":
    case "reorg":
      return [];
    default:
      return fact satisfies never;
  }
}

function operationValues(fact: OperationFact): RecordRow["values"] {
  return {
    id: fact.operationId,
    tx_hash: fact.txHash,
    block_number: fact.blockNumber,
    timestamp: Math.floor(fact.timeMs / 1000),
    contract: fact.contract,
    caller: fact.caller,
    action_type: fact.actionType,
    success: fact.success,
    reason_code: fact.reasonCode,
    oracle_required_blocked: fact.oracleRequiredBlocked,
    oracle_unhealthy_flag: fact.oracleUnhealthyFlag,
    meta: JSON.stringify(metaOf(fact)),
    chain_id: fact.chainId,
    block_hash: fact.blockHash,
    frame_path: fact.framePath,
    outcome: fact.outcome,
    caller_category: fact.callerCategory,
    evidence: fact.evidence,
    unresolved: fact.unresolved,
    application: fact.application,
    confidence: fact.confidence,
    route: fact.route,
    revert_kind: fact.revert?.kind ?? null,
  };
}

/** What the seed's columns have no place for; what is not known is left out. */
function metaOf({ txFrom, txTo, txIndex, address, revert }: OperationFact): Readonly<Record<string, unknown>> {
  const transaction = { tx_from: txFrom, tx_to: txTo, tx_index: txIndex, address };
  if (revert === null) return transaction;
  const { error, message, args, data, bytes, halt, origin, spoofedBy, written } = revert;
  const told = {
    error,
    message,
    args: args.length === 0 ? null : args,
    halt,
    revert_data: data,
    revert_origin: origin,
    spoofed_by: spoofedBy,
    // The bytes of one frame stand in revert_data already.
    revert_written: written.length > 1 ? written : null,
  };
  const known = Object.entries(told).filter(([, value]) => value !== null);
  return { ...transaction, ...Object.fromEntries(known), revert_bytes: bytes };
}

function summaryValues(fact: SummaryFact): RecordRow["values"] {
  const { chainId, blockNumber, blockHash, contract, actionType, callerCategory, evidence, route } = fact;
  return {
    id: summaryRowId(fact),
    chain_id: chainId,
    block_number: blockNumber,
    block_hash: blockHash,
    timestamp: Math.floor(fact.timeMs / 1000),
    contract,
    action_type: actionType,
    outcome: fact.outcome,
    caller_category: callerCategory,
    evidence,
    route,
    operations: fact.operations,
    callers: fact.callers,
    first_tx_hash: fact.firstTxHash,
    last_tx_hash: fact.lastTxHash,
    application: fact.application,
  };
}

function canaryValues(fact: CanaryFact): RecordRow["values"] {
  const { contract, actionType, outcome, reasonCode, revertKind, error, chainId, blockNumber, blockHash, timeMs } = fact;
  return {
    chain_id: chainId,
    block_number: blockNumber,
    block_hash: blockHash,
    timestamp: Math.floor(timeMs / 1000),
    contract,
    action_type: actionType,
    canary_outcome: outcome,
    reason_code: reasonCode,
    revert_kind: revertKind,
    error,
  };
}

function changeValues(fact: ConfigChangeFact): RecordRow["values"] {
  const params = Object.entries(fact.params);
  return {
    id: `change:${fact.chainId}:${fact.blockNumber}:${fact.blockHash}:${fact.txIndex}:${fact.changeKey}`,
    block_number: fact.blockNumber,
    timestamp: Math.floor(fact.timeMs / 1000),
    changed_by: fact.changedBy,
    module: fact.module,
    change_summary: fact.change,
    params_before: jsonOrNull([...params.filter(([name]) => tellsOfBefore(name)), ...Object.entries(fact.before)]),
    params_after: jsonOrNull([...params.filter(([name]) => !tellsOfBefore(name)), ...Object.entries(fact.after)]),
    chain_id: fact.chainId,
    block_hash: fact.blockHash,
    tx_hash: fact.txHash,
    address: fact.address,
    application: fact.application,
    actor: fact.actor,
    actor_kind: fact.actorKind,
  };
}

/** `previousOwner`, `prevRate`, `oldOracle`: events name so what was there before. */
function tellsOfBefore(name: string): boolean {
  return /^_?(previous|prev|old|before)/i.test(name);
}

function jsonOrNull(params: readonly (readonly [string, string])[]): string | null {
  return params.length === 0 ? null : JSON.stringify(Object.fromEntries(params));
}
