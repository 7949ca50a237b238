/**
 * The emitter's tables, triggers and views on SQLite.
 *
 * `timestamp` is in Unix seconds. `id` is the operation's, the same however often its block was applied; `seq` and `fact_id` are the
 * ledger's. The triggers hold the seed's two rules: blocked exactly when the code's registry entry says that an oracle is required,
 * unhealthy exactly when it says so.
 *
 * @see seed 000, section 4.1
 */
export const SQLITE_TABLES: readonly string[] = [
  `CREATE TABLE reason_codes (code TEXT NOT NULL, oracle_required BOOLEAN NOT NULL CHECK (oracle_required IN (0, 1)),
    unhealthy BOOLEAN NOT NULL CHECK (unhealthy IN (0, 1)), PRIMARY KEY (code, oracle_required, unhealthy))`,
  `CREATE TRIGGER reason_codes_keep_their_meaning BEFORE INSERT ON reason_codes
    WHEN EXISTS (SELECT 1 FROM reason_codes r WHERE r.code = NEW.code)
    BEGIN SELECT RAISE(ABORT, 'the reason code stands in reason_codes with another meaning, and a code is never re-meant'); END`,
  `CREATE TABLE oracle_required_operation_log (seq INTEGER PRIMARY KEY, fact_id TEXT NOT NULL UNIQUE, id TEXT NOT NULL,
    tx_hash TEXT NOT NULL, block_number INTEGER NOT NULL, timestamp INTEGER NOT NULL, contract TEXT NOT NULL, caller TEXT NOT NULL,
    action_type TEXT NOT NULL, success BOOLEAN NOT NULL CHECK (success IN (0, 1)), reason_code TEXT,
    oracle_required_blocked BOOLEAN NOT NULL CHECK (oracle_required_blocked IN (0, 1)),
    oracle_unhealthy_flag BOOLEAN NOT NULL CHECK (oracle_unhealthy_flag IN (0, 1)), meta TEXT, chain_id INTEGER NOT NULL,
    block_hash TEXT NOT NULL, frame_path TEXT NOT NULL, outcome TEXT NOT NULL, caller_category TEXT NOT NULL, evidence TEXT NOT NULL,
    unresolved BOOLEAN NOT NULL CHECK (unresolved IN (0, 1)), application INTEGER NOT NULL)`,
  "CREATE INDEX oracle_required_operation_log_id ON oracle_required_operation_log (id)",
  "CREATE INDEX oracle_required_operation_log_tx ON oracle_required_operation_log (tx_hash)",
  `CREATE TRIGGER oracle_required_operation_log_code BEFORE INSERT ON oracle_required_operation_log
    WHEN NEW.reason_code IS NOT NULL AND NOT EXISTS (SELECT 1 FROM reason_codes r WHERE r.code = NEW.reason_code)
    BEGIN SELECT RAISE(ABORT, 'the reason code does not stand in reason_codes'); END`,
  `CREATE TRIGGER oracle_required_operation_log_blocked BEFORE INSERT ON oracle_required_operation_log
    WHEN NEW.oracle_required_blocked
      <> coalesce((SELECT r.oracle_required FROM reason_codes r WHERE r.code = NEW.reason_code), 0)
    BEGIN SELECT RAISE(ABORT, 'oracle_required_blocked must say what reason_codes says of the reason code'); END`,
  `CREATE TRIGGER oracle_required_operation_log_unhealthy BEFORE INSERT ON oracle_required_operation_log
    WHEN NEW.oracle_unhealthy_flag <> coalesce((SELECT r.unhealthy FROM reason_codes r WHERE r.code = NEW.reason_code), 0)
    BEGIN SELECT RAISE(ABORT, 'oracle_unhealthy_flag must say what reason_codes says of the reason code'); END`,
  `CREATE TABLE oracle_config_change_log (seq INTEGER PRIMARY KEY, fact_id TEXT NOT NULL UNIQUE, id TEXT NOT NULL,
    block_number INTEGER NOT NULL, timestamp INTEGER NOT NULL, changed_by TEXT NOT NULL, module TEXT NOT NULL, change_summary TEXT NOT NULL,
    params_before TEXT, params_after TEXT, chain_id INTEGER NOT NULL, block_hash TEXT NOT NULL, tx_hash TEXT NOT NULL,
    address TEXT NOT NULL, application INTEGER NOT NULL)`,
  "CREATE INDEX oracle_config_change_log_id ON oracle_config_change_log (id)",
  ...views(),
];

/** The same on PostgreSQL. */
export const POSTGRES_TABLES: readonly string[] = [
  `CREATE TABLE reason_codes (code text NOT NULL, oracle_required boolean NOT NULL, unhealthy boolean NOT NULL,
    PRIMARY KEY (code, oracle_required, unhealthy))`,
  `CREATE FUNCTION reason_codes_keep_their_meaning() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM reason_codes r WHERE r.code = NEW.code) THEN
      RAISE EXCEPTION 'the reason code % stands in reason_codes with another meaning, and a code is never re-meant', NEW.code;
    END IF;
    RETURN NEW; END $$`,
  `CREATE TRIGGER reason_codes_keep_their_meaning BEFORE INSERT ON reason_codes
    FOR EACH ROW EXECUTE FUNCTION reason_codes_keep_their_meaning()`,
  `CREATE TABLE oracle_required_operation_log (seq bigint PRIMARY KEY, fact_id text COLLATE "C" NOT NULL UNIQUE,
    id text COLLATE "C" NOT NULL, tx_hash text NOT NULL, block_number bigint NOT NULL, timestamp bigint NOT NULL, contract text NOT NULL,
    caller text NOT NULL, action_type text NOT NULL, success boolean NOT NULL, reason_code text, oracle_required_blocked boolean NOT NULL,
    oracle_unhealthy_flag boolean NOT NULL, meta text, chain_id bigint NOT NULL, block_hash text NOT NULL, frame_path text NOT NULL,
    outcome text NOT NULL, caller_category text NOT NULL, evidence text NOT NULL, unresolved boolean NOT NULL,
    application integer NOT NULL)`,
  "CREATE INDEX oracle_required_operation_log_id ON oracle_required_operation_log (id)",
  "CREATE INDEX oracle_required_operation_log_tx ON oracle_required_operation_log (tx_hash)",
  `CREATE FUNCTION oracle_required_operation_log_rules() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE meaning reason_codes%ROWTYPE; BEGIN
    SELECT * INTO meaning FROM reason_codes r WHERE r.code = NEW.reason_code;
    IF NEW.reason_code IS NOT NULL AND NOT FOUND THEN
      RAISE EXCEPTION 'the reason code % does not stand in reason_codes', NEW.reason_code;
    END IF;
    IF NEW.oracle_required_blocked <> coalesce(meaning.oracle_required, false) THEN
      RAISE EXCEPTION 'oracle_required_blocked must say what reason_codes says of the reason code';
    END IF;
    IF NEW.oracle_unhealthy_flag <> coalesce(meaning.unhealthy, false) THEN
      RAISE EXCEPTION 'oracle_unhealthy_flag must say what reason_codes says of the reason code';
    END IF;
    RETURN NEW; END $$`,
  `CREATE TRIGGER oracle_required_operation_log_rules BEFORE INSERT ON oracle_required_operation_log
    FOR EACH ROW EXECUTE FUNCTION oracle_required_operation_log_rules()`,
  `CREATE TABLE oracle_config_change_log (seq bigint PRIMARY KEY, fact_id text COLLATE "C" NOT NULL UNIQUE, id text COLLATE "C" NOT NULL,
    block_number bigint NOT NULL, timestamp bigint NOT NULL, changed_by text NOT NULL, module text NOT NULL, change_summary text NOT NULL,
    params_before text, params_after text, chain_id bigint NOT NULL, block_hash text NOT NULL, tx_hash text NOT NULL, address text NOT NULL,
    application integer NOT NULL)`,
  "CREATE INDEX oracle_config_change_log_id ON oracle_config_change_log (id)",
  ...views(),
];

/**
 * The tables that the seed names: its columns first and in its order, then ours.
 *
 * Of several rows for one operation the one with the best evidence stands, and of these the newest; a row that a retraction names does not.
 */
function views(): readonly string[] {
  return [
    `CREATE VIEW oracle_required_operations AS
      SELECT id, tx_hash, block_number, timestamp, contract, caller, action_type, success, reason_code, oracle_required_blocked,
        oracle_unhealthy_flag, meta, chain_id, block_hash, frame_path, outcome, caller_category, evidence, unresolved, application,
        fact_id, seq
      FROM (
        SELECT o.*, row_number() OVER (
          PARTITION BY o.id
          ORDER BY CASE o.evidence WHEN 'trace' THEN 0 WHEN 'receipt' THEN 1 ELSE 2 END, o.seq DESC
        ) AS place
        FROM oracle_required_operation_log o
        WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.retracts = o.fact_id)
      ) ranked
      WHERE place = 1`,
    `CREATE VIEW oracle_config_changes AS
      SELECT id, block_number, timestamp, changed_by, module, change_summary, params_before, params_after, chain_id, block_hash, tx_hash,
        address, application, fact_id, seq
      FROM oracle_config_change_log c
      WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.retracts = c.fact_id)`,
  ];
}
