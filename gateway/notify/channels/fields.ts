import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';

/** Fields that the options of several channels have. */
export const duration = (initial: string) =>
  z.string().regex(DURATION, 'must be a duration such as 10s').default(initial).transform(parseDuration);

/** Where requests go; the path is what stands before the maker's own. */
export const httpUrl = () =>
  z.string().superRefine((text, context) => {
    const flaw = urlFlaw(text);
    if (flaw !== undefined) context.addIssue({ code: 'custom', message: flaw });
  });

function urlFlaw(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    return 'must be http://host:port or https://host:port';
  }
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.search !== '' || url.hash !== '') return 'must end after the path: tokens have a field of their own';
  return undefined;
}

/** A secret, given by reference in the site's files. */
export const secret = () => z.string().min(1).max(1024);
