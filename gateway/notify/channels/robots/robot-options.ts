import { z } from 'zod';
import { duration, httpUrl, secret } from '../fields.ts';

/** The options of every robot. `base`: where the company's own cloud is; a private one (浙政钉, 粤政易) has another. */
export const robotOptions = (base: string) =>
  z.object({
    url: httpUrl().default(base),
    /** What stands in the robot's address: access_token, the id of the hook, the key. */
    token: secret(),
    /** How people are named in the group so that their phones ring: by their id in the company, by number, or not. */
    mention: z.enum(['user', 'phone', 'none']).default('user'),
    /** Of what is said when several messages become one. */
    language: z.enum(['zh', 'en']).default('zh'),
    /** Requests in any minute at most. */
    rate: z.int().min(3).max(100).default(18),
    timeout: duration('15s'),
  });

export type RobotOptions = z.output<ReturnType<typeof robotOptions>> & { readonly secret?: string | undefined };

/** `base` and a path of the maker's, whether or not the base ends with a slash. */
export const under = (base: string, path: string): string => `${base.replace(/\/+$/, '')}${path}`;
