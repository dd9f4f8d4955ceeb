import type { Qualified } from '../point.ts';
import type { Reading } from '../reading.ts';

/**
 * A reading whose batch has not been handed on: its times are set then, in place, since this is done for every value.
 * Until then they are undefined and not 0, so that all readings of a batch refer to one number and none has its own copy.
 */
export interface Draft extends Omit<Reading, 'at' | 'tick'> {
  at: number | undefined;
  tick: number | undefined;
  code?: string;
}

export const draftOf = (point: string, { value, quality, code }: Qualified): Draft => {
  const draft: Draft = { point, value, at: undefined, tick: undefined, quality };
  if (code !== undefined) draft.code = code;
  return draft;
};

export const badDraft = (point: string, code: string): Draft => ({
  point,
  value: null,
  at: undefined,
  tick: undefined,
  quality: 'bad',
  code,
});
