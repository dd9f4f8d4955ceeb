import type { Clock } from '#kit/clock.ts';
import { Fault } from '#kit/fault.ts';
import { silentLog } from '#kit/log.ts';
import type { SiteDevice } from '../../config/site.ts';
import type { BorrowedLine, OpenLink } from '../../drivers/driver.ts';
import { modbus } from '../../drivers/modbus/kind.ts';
import type { JobRequest } from '../api/job-request.ts';
import { hearsUnknown } from '../commissioning/adopt.ts';
import type { JobTools } from '../commissioning/job.ts';
import { listen } from '../commissioning/listen.ts';
import { readPoints, readRaw } from '../commissioning/read.ts';
import { heardBy, Scan, type ScanResult } from '../commissioning/scan.ts';
import { orderSettings, scanTimeout } from '../commissioning/scan-order.ts';
import { type HostAnswer, hostsOf, scanSubnet } from '../commissioning/subnet.ts';
import { testWiring } from '../commissioning/wiring.ts';
import { planRead } from './read-plan.ts';
import { scanModels } from './scan-models.ts';

/** A link that a job works on: one at work, or one that a command has opened for it. */
export interface JobLink {
  readonly id: string;
  readonly kind: string;
  readonly open: Pick<OpenLink, 'borrow' | 'tap' | 'status' | 'buses'>;
  /** How long answers are waited for where the way to the devices is long; left out: what the wire takes. */
  readonly timeoutMs?: number | undefined;
  /** Unit → device of the site, of those that answer. */
  readonly known: ReadonlyMap<number, string>;
}

type Of<K extends JobRequest['kind']> = Extract<JobRequest, { kind: K }>;

/** Addresses of units (Modbus over Serial Line V1.02, 2.2); and of these the ones that are delivered. */
const UNITS = Array.from({ length: 247 }, (_, index) => index + 1);
const FEW_UNITS = 32;
const FAST_UNITS = UNITS.slice(0, FEW_UNITS);
/** A link on which a request may wait behind others. */
const READ_MS = 1000;

/** Borrows the line for as long as `use` takes. Throws the Fault `no-loan` where that cannot be. */
async function withLine<T>({ id, open }: JobLink, use: (line: BorrowedLine) => Promise<T>): Promise<T> {
  const [first] = open.buses?.keys() ?? [];
  if (open.borrow === undefined && open.buses !== undefined) {
    throw new Fault('no-loan', `each unit that dials in to ${id} is a bus of its own: say which`, {
      hint: first === undefined ? 'the site has none of them yet' : `as ${id}:${first}`,
    });
  }
  if (open.borrow === undefined) {
    throw new Fault('no-loan', `nobody can be asked on ${id}: its devices speak by themselves`, {
      hint: `gengfu listen ${id}`,
    });
  }
  await using line = open.borrow();
  if (line === undefined) throw new Fault('link-busy', `${id} is in use by another job`);
  return await use(line);
}

/** Who is there: asked on a bus, else whoever has spoken on the link and is none of the site's. */
export async function runScan(
  link: JobLink,
  asked: Omit<Of<'scan'>, 'kind' | 'link'>,
  tools: JobTools,
  wire: Clock,
): Promise<ScanResult> {
  if (link.open.borrow === undefined && hearsUnknown(link.kind)) return heardBy(link.open.status().unknown ?? []);
  return await withLine(link, async (line) => {
    const models = await scanModels();
    const { bauds, parities, isFast, timeoutMs = link.timeoutMs, units = isFast ? FAST_UNITS : UNITS } = asked;
    const own = line.settings;
    const serials = models.map(({ serial }) => serial);
    const all = own === undefined ? [] : orderSettings(own, serials, { bauds, parities, isFast });
    const settings = line.isSettable ? all : own === undefined ? [] : [own];
    return await new Scan(line, { settings, units, timeoutMs, known: link.known, models }, tools, wire).run();
  });
}

/** Each point of a device once; where nobody answers, what the wire looks like. */
export const runRead = (link: JobLink, device: SiteDevice, point: string | undefined, tools: JobTools, wire: Clock) =>
  withLine(link, async (line) => {
    const plan = planRead(device, point);
    const timeoutMs = plan.timeoutMs ?? link.timeoutMs ?? READ_MS;
    const read = await readPoints(line, { unit: plan.unit, timeoutMs }, plan.blocks, tools.signal);
    const result = { device: device.id, unit: plan.unit, points: read.points };
    const [question] = plan.blocks;
    if (question === undefined || read.answers.some(({ kind }) => kind === 'data')) return { ...result, hint: null };
    const { hint } = await wiringOf(line, { unit: plan.unit, ...question.question }, tools, wire);
    return { ...result, hint };
  });

export const runReadRaw = (link: JobLink, asked: Omit<Of<'read-raw'>, 'kind' | 'link'>, tools: JobTools) =>
  withLine(link, (line) =>
    readRaw(line, { ...asked, timeoutMs: asked.timeoutMs ?? link.timeoutMs ?? READ_MS }, tools.signal),
  );

export const runWiring = (link: JobLink, unit: number, tools: JobTools, wire: Clock) =>
  withLine(link, (line) => wiringOf(line, { unit, table: 'holding', address: 0, count: 1 }, tools, wire));

async function wiringOf(line: BorrowedLine, question: Parameters<typeof testWiring>[1], tools: JobTools, wire: Clock) {
  const serials = (await scanModels()).map(({ serial }) => serial);
  const others = line.settings === undefined ? [] : orderSettings(line.settings, serials);
  return await testWiring(line, question, others, tools, wire);
}

export const runListen = (link: JobLink, tools: JobTools, wire: Clock) =>
  listen(link.open, tools, (ms) => wire.sleep(ms));

export const runSubnet = ({ subnet, port }: Omit<Of<'scan-subnet'>, 'kind'>, tools: JobTools, clock: Clock) =>
  scanSubnet(hostsOf(subnet), (host, signal) => lookAt(host, port, clock, signal), tools);

/** Units that a Modbus device behind a TCP port commonly answers as. */
const TCP_UNITS = [1, 255, 0];
const CONNECT_MS = 1500;

async function lookAt(host: string, port: number, clock: Clock, signal: AbortSignal): Promise<HostAnswer | null> {
  const options = modbus.links['modbus-tcp'].parse({ host, port, timeout: '1s' });
  const context = { clock, wire: clock, log: silentLog, dir: '' };
  await using open = await modbus.open({ id: host, kind: 'modbus-tcp', options, devices: [] }, context);
  for (let waited = 0; open.status().state === 'connecting' && waited < CONNECT_MS; waited += 50) {
    await clock.sleep(50, signal).catch(() => {});
    if (signal.aborted) return null;
  }
  if (open.status().state !== 'up') return null;
  await using line = open.borrow?.();
  const units: number[] = [];
  for (const unit of line === undefined ? [] : TCP_UNITS) {
    const question = { unit, table: 'holding', address: 0, count: 1, timeoutMs: scanTimeout(undefined) } as const;
    const answer = await line?.ask(question, signal);
    if (answer !== undefined && (answer.kind === 'data' || answer.kind === 'exception')) units.push(unit);
  }
  return { host, units, isMute: units.length === 0 };
}
