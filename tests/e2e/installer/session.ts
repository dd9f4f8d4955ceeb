import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScanResult } from '../../../gateway/commissioning/scan.ts';
import { nameSettings } from '../../../gateway/commissioning/scan-order.ts';
import type { WalkTested } from '../../../gateway/commissioning/walk-test.ts';
import { start, until } from '../../tools/program.ts';
import type { Cabinet } from './cabinet.ts';
import type { Model } from './models.ts';

/** What an installer saw of one device, from the scan to the walk test; null: it did not come to it. */
export interface Seen {
  readonly profile: string;
  readonly found: string | null;
  readonly adopted: string | null;
  readonly read: string;
  readonly walked: WalkTested | null;
  readonly seconds: number;
  /** What a command said that went wrong. */
  readonly trouble: string;
}

export interface Session {
  readonly seen: readonly Seen[];
  readonly report: string;
}

const COMMAND_MS = 240_000;
/** A loaded machine's simulated bus may answer when the line is set otherwise already. */
const BUS_TRIES = 4;
/** A device that speaks by itself is heard within. */
const HEARD_MS = 90_000;

interface Said {
  readonly status: number | null;
  readonly text: string;
}

/** The whole morning of an installer, in commands alone: scan, adopt, read, walk test of each device, then the report. */
export async function work(cabinet: Cabinet, models: readonly Model[], tell = (_: string) => {}): Promise<Session> {
  const gengfu = async (...args: string[]): Promise<Said> => {
    await using run = start(process.execPath, ['gateway/main.ts', ...args, '--data', cabinet.gateway.data]);
    return { status: await run.ended(COMMAND_MS), text: run.output().trim() };
  };
  const began = performance.now();
  const finds = await scanAll(gengfu, models);
  tell(`scanned in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const seen: Seen[] = [];
  for (const model of models) {
    seen.push(await putUp(gengfu, model, finds(model), cabinet));
    tell(encodeSeen(seen.at(-1)));
  }
  const out = join(cabinet.gateway.data, 'report.html');
  const made = await gengfu('report', '--out', out);
  if (made.status !== 0) throw new Error(made.text);
  return { seen, report: await readFile(out, 'utf8') };
}

type Gengfu = (...args: string[]) => Promise<Said>;

/** Each link once, all at a time, until each of its devices was found; gives how a model's device was. */
async function scanAll(gengfu: Gengfu, models: readonly Model[]): Promise<(model: Model) => string | null> {
  const links = [...Map.groupBy(models, ({ link }) => link)].filter(([link]) => link !== 'cabinet');
  const results = await Promise.all(
    links.map(async ([link, own]): Promise<readonly [string, ScanResult | null]> => {
      const end = performance.now() + HEARD_MS;
      for (let tries = 1; ; tries++) {
        const { text } = await gengfu('scan', link, '--fast', '--json');
        const line = text.split('\n').findLast((each) => each.startsWith('{'));
        const result = line === undefined ? null : (JSON.parse(line) as ScanResult);
        const isOver = link.startsWith('bus') ? tries === BUS_TRIES : performance.now() > end;
        if (isOver || own.every((model) => foundAs(model, result) !== null)) return [link, result];
      }
    }),
  );
  const byLink = new Map(results);
  return (model) => foundAs(model, byLink.get(model.link) ?? null);
}

function foundAs({ way, name, profile, serial }: Model, result: ScanResult | null): string | null {
  if (way === 'cabinet') return name;
  const heard = result?.heard?.find(({ id }) => id === name);
  if (heard !== undefined) return `heard ${heard.count} times`;
  const unit = result?.found.filter((each) => String(each.unit) === name) ?? [];
  const [one] = unit;
  if (one === undefined || unit.length > 1) return null;
  const at = one.settings;
  if (at !== null && (at.baud !== serial.baud || at.parity !== serial.parity)) return null;
  const rank = one.models.findIndex((each) => each.profile === profile) + 1;
  const like = rank === 0 ? 'like none' : `likeness ${rank} of ${one.models.length}`;
  return `unit ${one.unit} ${at === null ? '' : nameSettings(at)}, ${like}`;
}

async function putUp(gengfu: Gengfu, model: Model, found: string | null, cabinet: Cabinet): Promise<Seen> {
  const { profile, way, link, name, options } = model;
  const began = performance.now();
  const troubles: string[] = [];
  const step = async (...args: string[]): Promise<Said> => {
    const said = await gengfu(...args);
    if (said.status !== 0 && !said.text.includes('{')) troubles.push(`${args[0]}: ${said.text}`);
    return said;
  };
  const called = way === 'bus' ? ['--address', name] : way === 'cabinet' ? [] : ['--unknown', name];
  const adopting = await step('adopt', '--profile', profile, '--link', link, ...called, ...options);
  const adopted = /^adopted: ([^,\s]+)/m.exec(adopting.text)?.[1] ?? null;
  let read = '-';
  let walked: WalkTested | null = null;
  if (adopted !== null) {
    if (way === 'bus') {
      const said = await step('read', adopted);
      read = said.status === 0 ? `${said.text.split('\n').length - 1} points good` : `exit ${said.status}`;
    } else await untilGood(adopted, cabinet);
    const said = await step('walk-test', adopted, '--json');
    const json = said.text.slice(said.text.indexOf('{'));
    walked = json.startsWith('{') ? (JSON.parse(json) as WalkTested) : null;
  }
  const seconds = (performance.now() - began) / 1000;
  return { profile, found, adopted, read, walked, seconds, trouble: troubles.join('\n') };
}

/** Until what speaks by itself has spoken: an installer watches its value come. */
async function untilGood(device: string, { gateway }: Cabinet): Promise<void> {
  const answers = async () => {
    const status = await gateway.ask<{ links: Record<string, { devices: Record<string, { answers: boolean }> }> }>({
      ask: 'status',
    });
    return Object.values(status.links).some(({ devices }) => devices[device]?.answers === true);
  };
  await until(answers, device, HEARD_MS).catch(() => {});
}

/** One row of the table. */
export function encodeSeen(seen: Seen | undefined): string {
  if (seen === undefined) return '';
  const { profile, found, adopted, read, walked, seconds, trouble } = seen;
  const receipts = walked === null ? '-' : `${walked.point} ${walked.rule}: ${stepsOf(walked)}`;
  const verdict = walked?.passed === true ? 'passed' : 'NOT PASSED';
  const cells = [profile.padEnd(24), (found ?? 'NOT FOUND').padEnd(34), (adopted ?? 'NOT ADOPTED').padEnd(12)];
  const row = [...cells, read.padEnd(15), verdict, `${seconds.toFixed(1)} s`.padStart(7), receipts].join('  ');
  return trouble === '' ? row : `${row}\n${trouble.replaceAll(/^/gm, '    ')}`;
}

const stepsOf = ({ steps }: WalkTested): string =>
  steps.map(({ step, ok, detail }) => (ok ? step : `${step} ✗ (${detail})`)).join(', ');
