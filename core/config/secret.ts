import { inspect } from "node:util";

const MASK = "[secret]";

/** A text that is never shown: printing, logging, JSON and inspection give `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself; call it only where it is handed to the program that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }
}

Object.defineProperty(Secret.prototype, inspect.custom, { value: () => MASK });
