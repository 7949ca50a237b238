/** Adds the column `finality`: what stands is provisional until its block is final, and what a retraction names is orphaned. */
const finality = (number: string): readonly string[] => {
  const final = `(SELECT ${number} FROM state s WHERE s.collection = 'chain' AND s.key = 'final')`;
  const seen = (alias: string): string => `CASE WHEN EXISTS (SELECT 1 FROM facts f WHERE f.retracts = ${alias}.fact_id) THEN 'orphaned'
      WHEN ${alias}.block_number <= coalesce(${final}, -1) THEN 'final' ELSE 'provisional' END`;
  return [
    `CREATE VIEW oracle_required_finality AS
      SELECT o.seq, o.fact_id, o.id, o.block_number, o.block_hash, ${seen("o")} AS finality FROM oracle_required_operation_log o
      UNION ALL
      SELECT c.seq, c.fact_id, c.id, c.block_number, c.block_hash, ${seen("c")} AS finality FROM oracle_config_change_log c`,
  ];
};

/**
 * The view of every row ever written with its finality, on SQLite. Finality is read off the state, so it moves without a row being changed.
 */
export const SQLITE_FINALITY: readonly string[] = finality("CAST(s.value AS INTEGER)");

/** The same on PostgreSQL. */
export const POSTGRES_FINALITY: readonly string[] = finality("s.value::bigint");
