import { codeOf } from '#kit/fault.ts';
import type { Loaded } from '../../config/site.ts';
import type { SiteAnswer, SiteRefusal } from '../api/context.ts';

export type Refused = Extract<SiteAnswer, { status: 'refused' }>;

/** Why a site is not applied. */
export const refused = (
  code: SiteRefusal,
  message: string,
  hint?: string,
  problems: Refused['problems'] = [],
): Refused => ({ status: 'refused', code, message, hint, problems });

const EDIT_REFUSALS: ReadonlySet<string> = new Set(['site-busy', 'site-edit', 'site-unwritable', 'no-such-device']);

/** Why files of the site could not be changed, of what such a change throws. */
export function editRefusalOf(error: unknown): SiteRefusal | undefined {
  const code = codeOf(error);
  // The set holds codes of refusals only.
  return code !== undefined && EDIT_REFUSALS.has(code) ? (code as SiteRefusal) : undefined;
}

/** The site's files have errors: all of them, at their places. */
export function notRight({ problems }: Loaded<unknown>): Refused {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const places = errors.map(({ file, line, column, message }) => ({ path: `${file}:${line}:${column}`, message }));
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  return refused('site-invalid', `the site has ${count}`, undefined, places);
}

/** The whole of it, for a person: a line each. */
export const textOfRefused = ({ message, hint, problems }: Refused): string =>
  [
    message,
    ...problems.map(({ path, message: text }) => `${path}: ${text}`),
    ...(hint === undefined ? [] : [hint]),
  ].join('\n');
