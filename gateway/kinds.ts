import type { Kinds } from '../config/kinds.ts';
import type { Site } from '../config/site.ts';
import { drivers } from '../drivers/index.ts';
import { channels } from './notify/channels/index.ts';
import { overlaps } from './permits/overlaps.ts';
import { type Permit, permit } from './rules/permit.ts';
import { derive, type Rule, rule } from './rules/rule.ts';
import { upstreams } from './upstream/index.ts';

/** A site of these kinds, checked. */
export type GatewaySite = Site<Rule, Permit>;

/** Every kind that a site may use: what the loader is handed. */
export const kinds: Kinds<Rule, Permit> = { drivers, rule, permit, overlaps, derive, upstreams, channels };
