/**
 * How far an operation's evidence carries, which router called and in which way it failed, on both databases.
 *
 * The view shows of several rows for one operation the one with the best evidence, and of these the newest. What `records.ts` says of the
 * tables holds.
 */
export const EVIDENCE_COLUMNS: readonly string[] = [
  "ALTER TABLE oracle_required_operation_log ADD COLUMN confidence text",
  "ALTER TABLE oracle_required_operation_log ADD COLUMN route text",
  "ALTER TABLE oracle_required_operation_log ADD COLUMN revert_kind text",
  "DROP VIEW oracle_required_operations",
  `CREATE VIEW oracle_required_operations AS
    SELECT id, tx_hash, block_number, timestamp, contract, caller, action_type, success, reason_code, oracle_required_blocked,
      oracle_unhealthy_flag, meta, chain_id, block_hash, frame_path, outcome, caller_category, route, evidence, confidence, revert_kind,
      unresolved, application, fact_id, seq
    FROM (
      SELECT o.*, row_number() OVER (
        PARTITION BY o.id
        ORDER BY CASE o.evidence WHEN 'trace' THEN 0 WHEN 'receipt' THEN 0 WHEN 'simulation' THEN 1 WHEN 'node' THEN 2 WHEN 'call' THEN 3
          ELSE 4 END, o.seq DESC
      ) AS place
      FROM oracle_required_operation_log o
      WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.retracts = o.fact_id)
    ) ranked
    WHERE place = 1`,
];

/** Who changed a configuration, by the name and kind that the operator gave, on both databases. */
export const ACTOR_COLUMNS: readonly string[] = [
  "ALTER TABLE oracle_config_change_log ADD COLUMN actor text",
  "ALTER TABLE oracle_config_change_log ADD COLUMN actor_kind text",
  "DROP VIEW oracle_config_changes",
  `CREATE VIEW oracle_config_changes AS
    SELECT id, block_number, timestamp, changed_by, module, change_summary, params_before, params_after, actor, actor_kind, chain_id,
      block_hash, tx_hash, address, application, fact_id, seq
    FROM oracle_config_change_log c
    WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.retracts = c.fact_id)`,
];
