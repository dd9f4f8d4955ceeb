/** What a step may say to a log: an object of nouns, then a sentence. pino's own shape, so that its logger fits. */
export interface Log {
  debug(nouns: object, text: string): void;
  info(nouns: object, text: string): void;
  warn(nouns: object, text: string): void;
  error(nouns: object, text: string): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
