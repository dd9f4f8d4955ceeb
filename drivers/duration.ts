import { z } from 'zod';
import { DURATION, parseDuration } from '#kit/duration.ts';

/** A duration of a site's files, in ms; `example`: one that fits where it stands. */
export const durationLike = (example: string) =>
  z.string().regex(DURATION, `a number and a unit of ms s min h d, such as ${example}`).transform(parseDuration);
