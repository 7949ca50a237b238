import { describe, expect, it } from "vitest";
import { bookBlock, openBooks, orphanAbove, protocolAtHead } from "./books.ts";
import { breakPsmOracle, type Call, mint } from "./calls.ts";
import { DEPLOYED } from "./model.ts";
import type { RpcBlock, RpcReceipt } from "./rpc.ts";
import { truth } from "./truth.ts";

const user = "0x00000000000000000000000000000000000000aa";

function blockWith(number: number, hashes: readonly `0x${string}`[]): RpcBlock {
  const transactions = hashes.map((hash, index) => ({ hash, from: user, nonce: `0x${index}` }) as const);
  return { number: `0x${number}`, hash: `0xb${number}`, parentHash: `0xb${number - 1}`, timestamp: "0x64", transactions };
}

function receiptOf(transactionHash: `0x${string}`, status: "0x0" | "0x1"): RpcReceipt {
  const place = { transactionIndex: "0x0", blockHash: "0xb1", blockNumber: "0x1" } as const;
  return { ...place, transactionHash, status, contractAddress: null, logs: [] };
}

function booksWith(calls: Readonly<Record<`0x${string}`, Call>>) {
  const books = openBooks();
  for (const [hash, call] of Object.entries(calls)) books.sent.set(hash as `0x${string}`, { call, from: user, caller: user });
  return books;
}

describe("bookBlock", () => {
  it("refuses a receipt that says something else than the model", () => {
    const books = booksWith({ "0x1": mint() });
    expect(() => bookBlock(books, blockWith(1, ["0x1"]), [receiptOf("0x1", "0x0")])).toThrow(
      expect.objectContaining({ code: "DEMO_FAILED", context: { tx_hash: "0x1", expected: "0x1", status: "0x0" } }),
    );
  });

  it("refuses a block without the receipt", () => {
    const books = booksWith({ "0x1": mint() });
    expect(() => bookBlock(books, blockWith(1, ["0x1"]), [])).toThrow(expect.objectContaining({ code: "DEMO_FAILED" }));
  });

  it("passes over what the driver did not send", () => {
    const books = openBooks();
    expect(bookBlock(books, blockWith(1, ["0x7"]), [receiptOf("0x7", "0x0")])).toMatchObject({ transactions: ["0x7"], operations: [] });
  });
});

describe("orphanAbove", () => {
  it("takes the state back with the blocks, and a call mined again counts again", () => {
    const books = booksWith({ "0x1": mint(), "0x2": breakPsmOracle, "0x3": mint() });
    bookBlock(books, blockWith(1, ["0x1"]), [receiptOf("0x1", "0x1")]);
    bookBlock(books, blockWith(2, ["0x2", "0x3"]), [receiptOf("0x2", "0x1"), receiptOf("0x3", "0x0")]);
    const before = books.chain[0]?.after;
    expect(protocolAtHead(books).psmOracle).toBe(false);
    expect(orphanAbove(books, 1).map((block) => block.number)).toEqual([2]);
    expect(protocolAtHead(books)).toEqual(before);
    bookBlock(books, blockWith(2, ["0x3"]), [receiptOf("0x3", "0x1")]);
    expect(truth({ books }).byReason.PSM_ORACLE_MISSING).toEqual({ applied: 1, retracted: 1, current: 0 });
    expect(truth({ books }).applied.map(({ outcome, count }) => [outcome, count])).toEqual([
      ["success", 2],
      ["blocked", 1],
    ]);
    expect(truth({ books }).orphanedChanges).toHaveLength(1);
    expect(truth({ books }).changes).toHaveLength(0);
  });

  it("takes nothing when nothing is above", () => {
    const books = openBooks();
    expect(orphanAbove(books, 0)).toEqual([]);
    expect(protocolAtHead(books)).toEqual(DEPLOYED);
  });
});
