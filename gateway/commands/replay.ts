import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { codeOf, textOf } from '#kit/fault.ts';
import { openZone } from '#kit/zone.ts';
import type { GatewaySite } from '../kinds.ts';
import { encodeEntry, GENESIS, type Head, hashOf, packDraft } from '../ledger/entry.ts';
import { Comparison } from '../replay/comparison.ts';
import { Recording } from '../replay/recording.ts';
import { hasPeople } from '../replay/recording-people.ts';
import { replay } from '../replay/replay.ts';
import { instantOf, siteOf, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { type Compared, describeComparison, encodeComparison } from './comparison-report.ts';

/** Characters gathered before they are written: a write for each event would be most of the time. */
const CHUNK = 65_536;
/** Points that the site has not, of which more are only counted. */
const MOST_NAMED = 100;

const write = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));

export const replayCommand: Command = {
  usage: '--site DIR FILE [--until TIME] [--compare DIR|RULES [--json]]',
  summary: 'a recording (CSV or JSON lines) through rules and alarms; prints events, or what other rules would change',
  async run(args) {
    const options = {
      site: { type: 'string' },
      until: { type: 'string' },
      compare: { type: 'string' },
      json: { type: 'boolean', default: false },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const file = wanted(positionals[0], 'FILE');
    const dir = wanted(values.site, '--site');
    if (values.json && values.compare === undefined) throw wrongUsage('--json goes with --compare');
    const until = values.until === undefined ? null : instantOf(values.until);
    const site = await siteOf(dir, { missingSecrets: 'warning' });
    const other = values.compare === undefined ? null : await otherOf(dir, values.compare);
    if (site === null || (values.compare !== undefined && other === null)) return EXIT.no;
    const recording = new Recording(file, openZone(site.timeZone), until);
    try {
      const withPeople = await hasPeople(file);
      const judged = (each: GatewaySite): GatewaySite => (withPeople ? each : { ...each, plans: [] });
      if (other === null) await printEvents(judged(site), recording, until);
      else {
        const comparison = await compare(judged(site), judged(other), recording, until);
        const names = { site: dir, other: values.compare ?? '' };
        const compared: Compared = { recording: file, names, readings: recording.readings };
        await write(`${(values.json ? encodeComparison : describeComparison)(compared, comparison)}\n`);
      }
    } catch (error) {
      if (codeOf(error) !== 'recording') throw error;
      console.error(textOf(error));
      return EXIT.no;
    } finally {
      warnOfUnknown(file, recording, other === null ? [site] : [site, other]);
    }
    return EXIT.done;
  },
};

/** Another site, or this one with other rules. */
async function otherOf(dir: string, path: string): Promise<GatewaySite | null> {
  const isSite = await stat(join(path, 'site.yaml')).then(
    (found) => found.isFile(),
    () => false,
  );
  return await siteOf(isSite ? path : dir, { missingSecrets: 'warning', ...(isSite ? {} : { rules: path }) });
}

/** Every event as it comes, also those before a line that is wrong. */
async function printEvents(site: GatewaySite, recording: Recording, until: number | null): Promise<void> {
  let head: Head = GENESIS;
  let text = '';
  try {
    for await (const event of replay(site, recording, until)) {
      const json = encodeEntry(site.gateway, head, packDraft(event));
      head = { sequence: head.sequence + 1, hash: hashOf(json) };
      text += `${json}\n`;
      if (text.length < CHUNK) continue;
      await write(text);
      text = '';
    }
  } finally {
    await write(text);
  }
}

async function compare(
  site: GatewaySite,
  other: GatewaySite,
  recording: Recording,
  until: number | null,
): Promise<Comparison> {
  const comparison = new Comparison(site, other);
  for await (const page of recording) for (const line of page) comparison.take(line);
  comparison.end(until);
  return comparison;
}

/** A point that no site has is told on standard error, with how much of the recording it is. */
function warnOfUnknown(file: string, recording: Recording, sites: readonly GatewaySite[]): void {
  const points = new Map(sites.flatMap((site) => site.points.map((point) => [point.key, point] as const)));
  const texts = [...recording.seen()].flatMap(([key, { textLine }]) => {
    const point = points.get(key);
    return textLine === undefined || point === undefined || point.unit === null ? [] : [{ point, textLine }];
  });
  for (const { point, textLine } of texts.slice(0, MOST_NAMED)) {
    console.error(`${file}:${textLine}: warning: ${point.key} is a number in ${point.unit}, and says a text here`);
  }
  const unknown = [...recording.seen()].filter(([point]) => !points.has(point));
  for (const [point, { line, count }] of unknown.slice(0, MOST_NAMED)) {
    const lines = count === 1 ? '1 line is' : `${count} lines are`;
    console.error(`${file}:${line}: warning: the site has no point ${point}: ${lines} passed over`);
  }
  const more = unknown.length - MOST_NAMED;
  if (more > 0) console.error(`${file}: warning: ${more} more points that the site has not`);
}
