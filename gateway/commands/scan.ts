import { parseArgs } from 'node:util';
import type { UnknownDevice } from '../../drivers/driver.ts';
import type { FoundUnit, ScanResult } from '../commissioning/scan.ts';
import { nameSettings } from '../commissioning/scan-order.ts';
import type { HostAnswer } from '../commissioning/subnet.ts';
import { wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { doJob, placeOptions, resultOf } from './job.ts';
import { LONE, loneLink, parseBauds, parseParities, parseTimeout, parseUnits } from './job-line.ts';

const text = { type: 'string' } as const;
const OPTIONS = {
  ...placeOptions,
  port: text,
  baud: text,
  parity: text,
  units: text,
  timeout: text,
  fast: { type: 'boolean' },
} as const;

export const scan: Command = {
  usage:
    'LINK|SUBNET (--site DIR | --data DIR) | --port TTY|URL  [--baud 9600,4800] [--parity none,even] [--units 1-32] [--timeout 100ms] [--fast] [--json]',
  summary:
    'which addresses answer on a bus, at which baud and parity, and what they may be; or which hosts of a subnet',
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const { port, json = false, site, data } = values;
    const name = port === undefined ? wanted(positionals[0], 'LINK') : LONE;
    if (name.startsWith('/') || name.includes('://')) throw wrongUsage(`${name} is no link of a site: --port ${name}`);
    if (name.includes('/')) return await scanHosts(name, json, { site, data });
    const wish = {
      ...({ kind: 'scan', link: name, isFast: values.fast ?? false } as const),
      bauds: values.baud === undefined ? undefined : parseBauds(values.baud),
      parities: values.parity === undefined ? undefined : parseParities(values.parity),
      units: values.units === undefined ? undefined : parseUnits(values.units),
      timeoutMs: values.timeout === undefined ? undefined : parseTimeout(values.timeout),
    };
    const place = { site, data, link: port === undefined ? undefined : loneLink(port) };
    const view = await doJob(wish, place, ({ is, said }) => {
      if (!json && is !== 'progress') console.log(row(said as FoundUnit, is === 'identified'));
    });
    if (view === null) return EXIT.no;
    const result = resultOf<ScanResult | null>(view);
    if (json) console.log(JSON.stringify(result));
    else if (result?.heard !== undefined) tellHeard(name, result.heard);
    else if (result !== null) tell(result);
    const count = (result?.found.length ?? 0) + (result?.heard?.length ?? 0);
    return count > 0 ? EXIT.done : EXIT.no;
  },
};

function row({ unit, settings, answer, device, isDouble, models }: FoundUnit, isIdentified: boolean): string {
  const at = settings === null ? '' : `  ${nameSettings(settings)}`;
  if (device !== null) return `unit ${unit}${at}  ${device}`;
  if (isDouble) return `unit ${unit}${at}  more than one answer: two devices with one address?`;
  if (!isIdentified) return `unit ${unit}${at}  answers (${answer})`;
  const [first] = models;
  if (first === undefined) return `unit ${unit}${at}  like no model that ships`;
  const list = models.map(({ profile, title, score }) => `${profile} ${title} ${Math.round(score * 100)} %`);
  return `unit ${unit}${at}  may be: ${list.join('; ')}`;
}

function tell({ found, suspects, refused, asked, echo, spentMs, minimumMs }: ScanResult): void {
  for (const { unit, settings, symptom } of suspects) {
    console.log(
      `unit ${unit}${settings === null ? '' : `  ${nameSettings(settings)}`}  something was heard, no answer: ${symptom}`,
    );
  }
  const twice = found.filter(({ unit }, index) => found.findIndex((other) => other.unit === unit) < index);
  for (const { unit } of twice)
    console.log(`unit ${unit} is there at more than one baud rate: give one of them another address`);
  for (const text of refused) console.log(`not tried: ${text}`);
  if (echo) console.log('the adapter gives back what it sends; that does no harm');
  const ratio = minimumMs > 0 ? ` (${(spentMs / minimumMs).toFixed(2)} times the least that the wire takes)` : '';
  console.log(`${found.length} found; ${asked} questions in ${(spentMs / 1000).toFixed(1)} s${ratio}`);
}

function tellHeard(link: string, heard: readonly UnknownDevice[]): void {
  for (const { id, from, lastAt, count, sample } of heard) {
    const where = from === undefined ? '' : `  from ${from}`;
    console.log(
      `${id}  ${count} times, last ${new Date(lastAt).toISOString().slice(11, 19)}Z${where}  ${sample ?? ''}`.trimEnd(),
    );
  }
  console.log(`${heard.length} heard on ${link} that are none of the site’s`);
  if (heard.length > 0) console.log(`  gengfu adopt --link ${link} --unknown ID --profile MODEL`);
}

/** Anywhere: a subnet is no link of a site. */
async function scanHosts(
  subnet: string,
  json: boolean,
  place: { site?: string | undefined; data?: string | undefined },
): Promise<number> {
  const isAlone = place.site === undefined && place.data === undefined;
  const link = isAlone ? loneLink('modbus-tcp://127.0.0.1:1') : undefined;
  const view = await doJob({ kind: 'scan-subnet', subnet }, { ...place, link }, ({ is, said }) => {
    if (json || is !== 'found') return;
    const { host, units, isMute } = said as HostAnswer;
    console.log(
      `${host}  ${isMute ? 'takes connections, answers no Modbus question' : `answers as unit ${units.join(', ')}`}`,
    );
  });
  if (view === null) return EXIT.no;
  const { found } = resultOf<{ found: readonly HostAnswer[] } | null>(view) ?? { found: [] };
  if (json) console.log(JSON.stringify({ found }));
  else console.log(`${found.length} found`);
  return found.length > 0 ? EXIT.done : EXIT.no;
}
