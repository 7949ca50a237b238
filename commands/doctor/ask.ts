/** What a server answered to a GET. */
export interface Answer {
  /** 0 when it did not answer. */
  readonly status: number;
  readonly text: string;
  /** The server's own clock, Unix milliseconds cut to seconds; null when it does not say. */
  readonly date: number | null;
}

/** A request that never throws. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
    const date = Date.parse(response.headers.get("date") ?? "");
    return { status: response.status, text: await response.text(), date: Number.isNaN(date) ? null : date };
  } catch {
    return { status: 0, text: "", date: null };
  }
}

/** Scheme, host and port: what may be printed of an address. */
export function originOf(url: string): string {
  return new URL(url).origin;
}
