import type { Upstream } from './upstream.ts';

/** Every kind of upstream. */
export const upstreams: readonly Upstream[] = [];
