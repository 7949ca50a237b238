import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Parser, Store } from "n3";
import type { NodeTelemetry } from "../library/start.ts";

/** What the node keeps: operations and collections in SQLite, their triples in an RDF store. */
export interface Stores {
  readonly saveOperation: (id: string, status: string) => Promise<void>;
  readonly knownCollections: () => Promise<number>;
  readonly saveCollection: (index: number, ual: string) => Promise<void>;
  /** @throws when the triples are no N-Triples, or the store is told to fail */
  readonly insertTriples: (ual: string, triples: string) => Promise<void>;
  readonly describe: (ual: string) => Promise<number>;
  /** Makes the triple store refuse, as one does whose journal is full. */
  readonly failTriples: (isFailing: boolean) => void;
  /** Makes the triple store take so long for each answer. */
  readonly slowTriples: (delayMs: number) => void;
  readonly close: () => void;
}

/** Opens the stores; `path` is a file, or `:memory:`. */
export function openStores(path: string, { repository, tripleStore }: NodeTelemetry): Stores {
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE IF NOT EXISTS operations (id TEXT PRIMARY KEY, status TEXT NOT NULL) STRICT");
  database.exec("CREATE TABLE IF NOT EXISTS collections (number INTEGER PRIMARY KEY, ual TEXT NOT NULL) STRICT");
  const upsertOperation = database.prepare("INSERT INTO operations VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET status = excluded.status");
  const insertCollection = database.prepare("INSERT OR IGNORE INTO collections VALUES (?, ?)");
  const countCollections = database.prepare("SELECT count(*) AS count FROM collections");
  const triples = new Store();
  let [failing, delayMs] = [false, 0];
  const slowly = async (): Promise<void> => {
    if (delayMs > 0) await sleep(delayMs);
  };
  return {
    saveOperation: (id, status) => repository("upsert_operation", { operation_id: id }, async () => void upsertOperation.run(id, status)),
    knownCollections: () => repository("count_collections", {}, async () => Number(countCollections.get()?.["count"] ?? 0)),
    saveCollection: (index, ual) => repository("insert_collection", { ual }, async () => void insertCollection.run(index, ual)),
    insertTriples: (ual, text) =>
      tripleStore("insert", { ual }, async () => {
        await slowly();
        if (failing) throw new Error("the journal is full");
        triples.addQuads(new Parser({ format: "N-Triples" }).parse(text));
      }),
    describe: (ual) =>
      tripleStore("describe", { ual }, async () => {
        await slowly();
        return triples.getQuads(ual, null, null, null).length;
      }),
    failTriples: (isFailing) => {
      failing = isFailing;
    },
    slowTriples: (ms) => {
      delayMs = ms;
    },
    close: () => database.close(),
  };
}
