import type { Qualified } from '../point.ts';
import type { Quality, Reading } from '../reading.ts';

/** A reading whose batch has not been handed on: its times are set then, in place, since this is done for every value. */
export interface Draft extends Reading {
  at: number;
  tick: number;
  quality: Quality;
  code?: string;
}

export const draftOf = (point: string, { value, quality, code }: Qualified): Draft => {
  const draft: Draft = { point, value, at: 0, tick: 0, quality };
  if (code !== undefined) draft.code = code;
  return draft;
};

export const badDraft = (point: string, code: string): Draft => ({
  point,
  value: null,
  at: 0,
  tick: 0,
  quality: 'bad',
  code,
});
