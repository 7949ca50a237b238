import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createRpc, quantity } from "./rpc.ts";

/** Serves one fixed body on loopback while `use` runs. */
async function serving(body: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("createRpc", () => {
  it("returns the result", async () => {
    await serving('{"jsonrpc":"2.0","id":1,"result":"0x7a69"}', async (url) => {
      expect(await createRpc(url)("eth_chainId")).toBe("0x7a69");
    });
  });

  it("turns an error answer into an OffingError that names the method", async () => {
    await serving('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}', async (url) => {
      await expect(createRpc(url)("evm_mine")).rejects.toMatchObject({
        code: "DEMO_FAILED",
        message: expect.stringContaining("Method not found"),
        context: { method: "evm_mine" },
      });
    });
  });

  it.each(["<html>busy</html>", "null", '"0x1"', "{}"])("refuses an answer that is not JSON-RPC: %s", async (body) => {
    await serving(body, async (url) => {
      await expect(createRpc(url)("eth_chainId")).rejects.toMatchObject({ code: "DEMO_FAILED" });
    });
  });

  it("reports a server that is not there", async () => {
    let gone = "";
    await serving("", async (url) => {
      gone = url;
    });
    await expect(createRpc(gone)("eth_chainId")).rejects.toMatchObject({ code: "DEMO_FAILED", context: { url: gone } });
  });
});

describe("quantity", () => {
  it.each([
    [0, "0x0"],
    [255, "0xff"],
    [2n ** 255n, `0x8${"0".repeat(63)}`],
  ] as const)("writes %s as %s", (value, hex) => {
    expect(quantity(value)).toBe(hex);
  });
});
