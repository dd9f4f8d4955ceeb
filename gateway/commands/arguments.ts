import { homedir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '#kit/fault.ts';
import { encodeProblem } from '../../config/check-report.ts';
import type { LoadOptions } from '../../config/load.ts';
import type { GatewaySite } from '../kinds.ts';
import { loadHere } from '../site/site-start.ts';

export const wrongUsage = (message: string): Fault => new Fault('usage', message);

/** An option that must be there. */
export function wanted(value: string | undefined, name: string): string {
  if (value === undefined) throw wrongUsage(`${name} is wanted`);
  return value;
}

/** Where the box remembers: `--data`, else what systemd gives, else under the home directory. */
export const dataDirectory = (given: string | undefined, gateway: string): string =>
  given ?? process.env.STATE_DIRECTORY ?? join(homedir(), '.local', 'state', 'gengfu', gateway);

/** The same where the gateway's id may not be known: null when it stands in nothing else. */
export const knownData = (given: string | undefined, gateway: string | null): string | null =>
  gateway === null ? (given ?? process.env.STATE_DIRECTORY ?? null) : dataDirectory(given, gateway);

/** The site, or null after every problem has been told on standard error. */
export async function siteOf(dir: string, options: LoadOptions = {}): Promise<GatewaySite | null> {
  const { site, problems } = await loadHere(dir, options);
  for (const problem of problems) console.error(encodeProblem(problem));
  return site;
}

/** A time as `--until` takes it. */
export function instantOf(text: string): number {
  const at = Date.parse(text);
  if (!Number.isFinite(at)) throw wrongUsage(`not a time: ${text} (such as 2026-07-16T05:00:00+08:00)`);
  return at;
}

/** The data directory of a gateway that runs, by `--data` or by its site; null when the site is not right. */
export async function runningData(values: { data?: string; site?: string }): Promise<string | null> {
  if (values.data !== undefined) return values.data;
  const site = await siteOf(wanted(values.site, '--data or --site'), { missingSecrets: 'warning' });
  return site === null ? null : dataDirectory(undefined, site.gateway);
}
