import { textOf } from '#kit/fault.ts';
import { encodeProblem } from '../../config/check-report.ts';
import { length } from '../../config/fields.ts';
import { type LoneProfile, loadData, loadProfile, placeAlone } from '../../config/lone-device.ts';
import type { SitePoint } from '../../config/site.ts';
import { drivers } from '../../drivers/index.ts';
import { encodeTable } from '../trial/encode-table.ts';
import { parseLineAddress } from '../trial/line-address.ts';
import { readRegisters } from '../trial/modbus.ts';
import type { Outcome } from '../trial/tried.ts';
import { tryData, tryTests } from '../trial/try-tests.ts';
import { wrongUsage } from './arguments.ts';
import { EXIT } from './command.ts';

/** A device that does not answer gives bad readings long before. */
const WITHIN_MS = 30_000;

export interface TryOptions {
  readonly data?: string | undefined;
  readonly link?: string | undefined;
  readonly address?: string | undefined;
  readonly height?: string | undefined;
}

/** Checks a file of `profiles/` alone; then its own tests, or the data given, or a real device. */
export async function tryProfile(file: string, options: TryOptions): Promise<number> {
  if (options.data !== undefined && options.link !== undefined) throw wrongUsage('--data or --link, not both');
  if (options.address !== undefined && options.link === undefined) throw wrongUsage('--address is for --link');
  const heightMm = heightOf(options.height);
  const { model, problems } = await loadProfile(file, drivers);
  for (const problem of problems) console.log(encodeProblem(problem));
  if (model === null) return EXIT.no;
  if (model.profile.isTemplate) {
    console.log(
      `${file}: a template: say where each point stands as the maker's manual has it, and take "template: true" away`,
    );
    return EXIT.no;
  }
  if (options.link !== undefined) return await tryDevice(model, options.link, options);
  if (options.data !== undefined) return await tryFile(model, options.data, heightMm);
  return await tryOwn(model);
}

function heightOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = length.safeParse(text);
  if (!parsed.success) throw wrongUsage(`--height: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

async function tryOwn(model: LoneProfile): Promise<number> {
  const tried = await tryTests(model, drivers);
  for (const { test, outcome, problems } of tried) {
    console.log(`${test.is}: ${problems.length === 0 ? 'ok' : 'NOT OK'}`);
    tell(pointsOf(model), outcome);
    for (const problem of problems) console.log(`    ${problem}`);
  }
  const wrong = tried.filter(({ problems }) => problems.length > 0).length;
  if (wrong > 0) console.log(`not ok: ${wrong} of ${tried.length} tests`);
  else if (tried.length === 0) console.log('ok, but it has no tests: nothing was decoded');
  else console.log(`ok: ${tried.length} tests`);
  return wrong > 0 ? EXIT.no : EXIT.done;
}

async function tryFile(model: LoneProfile, file: string, heightMm: number | undefined): Promise<number> {
  const { data, problems } = await loadData(file);
  for (const problem of problems) console.log(encodeProblem(problem));
  if (data === null) return EXIT.no;
  const outcome = await tryData(model, drivers, data, heightMm);
  if (typeof outcome === 'string') {
    console.log(`not ok: ${outcome}`);
    return EXIT.no;
  }
  tell(pointsOf(model), outcome);
  return isAllGood(outcome) ? EXIT.done : EXIT.no;
}

async function tryDevice(model: LoneProfile, url: string, { address, height }: TryOptions): Promise<number> {
  const fields = parseLineAddress(url);
  if (fields === undefined) {
    throw wrongUsage(
      `--link: ${url} is none of modbus-tcp://HOST:PORT, modbus-rtu-over-tcp://HOST:PORT, rtu:///dev/TTY?baud=9600`,
    );
  }
  const driver = drivers.find((each) => each.protocol === model.profile.driver.protocol);
  if (driver?.protocol !== 'modbus')
    throw wrongUsage('--link: only a Modbus device can be asked; the others speak by themselves');
  const device = { address: Number(address ?? 1), ...(height === undefined ? {} : { height }) };
  const { link, problems } = await placeAlone(model, drivers, fields, device);
  for (const problem of problems) console.log(encodeProblem(problem));
  if (link === null) return EXIT.no;
  const { outcome, error } = await readRegisters(driver, link, WITHIN_MS);
  const points = link.devices.flatMap((each) => each.points);
  tell(points, outcome);
  if (error !== undefined) console.error(textOf(error));
  const isHeard = [...outcome.values()].some(({ code }) => code !== 'no-answer' && code !== 'link-down');
  if (!isHeard) return EXIT.world;
  return isAllGood(outcome) && outcome.size === points.length ? EXIT.done : EXIT.no;
}

const isAllGood = (outcome: Outcome): boolean => [...outcome.values()].every(({ quality }) => quality === 'good');

const pointsOf = ({ profile }: LoneProfile): readonly Pick<SitePoint, 'id' | 'unit'>[] =>
  profile.points.map(({ model }) => model);

function tell(points: readonly Pick<SitePoint, 'id' | 'unit'>[], outcome: Outcome): void {
  for (const line of encodeTable(points, outcome)) console.log(`  ${line}`);
}
