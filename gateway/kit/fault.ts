/**
 * A failure of the world or of what a person wrote, as a value that can be told apart by its code.
 * `hint` says what an operator can do about it.
 */
export class Fault extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The short text of anything thrown, for a message or a log line. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The code of anything thrown (a Fault's or Node's own), or undefined. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
