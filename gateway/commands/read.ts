import { parseArgs } from 'node:util';
import type { Hint } from '../commissioning/hints.ts';
import type { PointRead, RawRead } from '../commissioning/read.ts';
import type { Orderly, WordView } from '../commissioning/word-orders.ts';
import { signHint } from '../commissioning/word-orders.ts';
import { wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { doJob, placeOptions, resultOf } from './job.ts';
import { LONE, loneLink, parseNumber } from './job-line.ts';

const text = { type: 'string' } as const;
const OPTIONS = {
  ...placeOptions,
  link: text,
  port: text,
  unit: text,
  table: text,
  address: text,
  count: text,
} as const;
const TABLES = ['holding', 'input', 'coil', 'discrete'] as const;

interface DeviceRead {
  readonly unit: number;
  readonly points: readonly PointRead[];
  readonly hint: Hint | null;
}

export const read: Command = {
  usage:
    'DEVICE [POINT] (--site DIR | --data DIR) | (--link LINK --site DIR | --port TTY|URL) --unit N --address A [--table holding] [--count 1]  [--json]',
  summary:
    'each point of a device once: raw registers, value, unit, quality; or raw registers with every order of their bytes',
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const { json = false, site, data, port } = values;
    if (positionals.length === 0) return await readRaw(values, json);
    const [device = '', point] = positionals;
    if (port !== undefined) throw wrongUsage('a device stands in a site: --site, not --port');
    const wish = { kind: 'read', device, ...(point === undefined ? {} : { point }) } as const;
    const view = await doJob(wish, { site, data }, () => {});
    if (view === null) return EXIT.no;
    const result = resultOf<DeviceRead>(view);
    if (json) console.log(JSON.stringify(result));
    else tellPoints(result);
    if (result.hint !== null) return EXIT.world;
    return result.points.every(({ quality }) => quality === 'good') ? EXIT.done : EXIT.no;
  },
};

async function readRaw(values: Readonly<Record<string, string | boolean | undefined>>, json: boolean): Promise<number> {
  const given = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const port = given('port');
  const table = TABLES.find((each) => each === (given('table') ?? 'holding'));
  if (table === undefined) throw wrongUsage(`--table is one of ${TABLES.join(', ')}`);
  const wish = {
    ...({ kind: 'read-raw', table } as const),
    link: port === undefined ? wanted(given('link'), 'DEVICE, --link or --port') : LONE,
    unit: parseNumber(wanted(given('unit'), '--unit'), '--unit'),
    address: parseNumber(wanted(given('address'), '--address'), '--address'),
    count: parseNumber(given('count') ?? '1', '--count'),
  };
  const link = port === undefined ? undefined : loneLink(port);
  const view = await doJob(wish, { site: given('site'), data: given('data'), link }, () => {});
  if (view === null) return EXIT.no;
  const result = resultOf<RawRead>(view);
  if (json) console.log(JSON.stringify(result));
  else if (result.answer !== 'data') console.log(`no data: ${result.answer}`);
  else if (result.bits.length > 0) console.log(result.bits.join(''));
  else for (const word of result.words) tellWord(word);
  if (result.answer === 'data') return EXIT.done;
  return result.answer.startsWith('exception') ? EXIT.no : EXIT.world;
}

function tellPoints({ points, hint }: DeviceRead): void {
  const rows = [
    ['point', 'where', 'raw', 'value', 'unit', 'quality'],
    ...points.map(({ id, where, raw, value, unit, quality, code }) => [
      ...[id, where, raw, value === null ? '-' : shown(value), unit ?? ''],
      code === null ? quality : `${quality}: ${code}`,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length))) ?? [];
  for (const cells of rows)
    console.log(
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  for (const { id, signed, orders } of points) {
    if (signed !== null) console.log(`${id}: with a sign it would be ${signed}`);
    for (const order of orders) console.log(`${id}: ${orderText(order)}`);
  }
  if (hint !== null) console.log(`${hint.says.zh} ${hint.says.en}\n  ${hint.remedy.zh}\n  ${hint.remedy.en}`);
}

function tellWord({ address, hex, u16, s16, pair }: WordView): void {
  const sign = signHint(u16) === undefined ? '' : '  (negative?)';
  console.log(`0x${address.toString(16).toUpperCase().padStart(4, '0')}  ${hex}  u16 ${u16}  s16 ${s16}${sign}`);
  for (const order of pair) console.log(`        ${orderText(order)}`);
}

const orderText = ({ order, u32, s32, f32 }: Orderly): string => `${order}  u32 ${u32}  s32 ${s32}  f32 ${shown(f32)}`;

const shown = (value: number | string): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(7))) : value;
