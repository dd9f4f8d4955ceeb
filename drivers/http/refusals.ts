import type { Verdict } from './auth/guard.ts';
import type { BodyFlaw } from './parse-body.ts';

/** What is wrong with a body → status, and what a sentence that begins with `The body` says. */
export const BODY_FLAWS: Readonly<Record<BodyFlaw, readonly [number, string]>> = {
  type: [415, 'is neither JSON nor XML nor parts of them'],
  json: [400, 'is not JSON in UTF-8, is nested too deep, or holds too much'],
  xml: [400, 'is not well-formed XML in UTF-8 or in the GBK that it declares, is too large, or has a document type'],
  multipart: [400, 'has no closing boundary, too many parts, or no event in them'],
};

/** Why nobody is let in → status, code and sentence. */
export const REFUSALS: Readonly<Record<(Verdict & { is: 'refused' })['why'], readonly [number, string, string]>> = {
  credentials: [401, 'credentials', 'The credentials are missing or wrong.'],
  signature: [401, 'signature', 'The signature is missing or wrong.'],
  old: [403, 'old', 'The push was signed too long ago, or in the future: see the clocks of both sides.'],
};
