import type { Point } from '../point.ts';
import { isBitTable, makeRequest, mostOf, type Request, type Table } from './pdu.ts';
import type { Register } from './register.ts';
import { widthOf } from './width.ts';

export type ModbusPoint = Point<{ readonly register: Register }>;

/** What a profile says of reading several values at once. */
export interface BlockRules {
  /** So many registers (or bits) that nobody asked for may be read along to save a request. */
  readonly gap: number;
  /** The most registers (or bits) in one request; the protocol's own bound holds always. */
  readonly most?: number | undefined;
  /** Ranges, both ends included, that must never be touched. */
  readonly forbidden: readonly (readonly [number, number])[];
  /** The table that `forbidden` is about; left out: all. */
  readonly table?: Table | undefined;
}

export const DEFAULT_BLOCKS: BlockRules = { gap: 8, forbidden: [] };

/** One request and the points that its reply holds. */
export interface Block {
  readonly request: Request;
  readonly points: readonly ModbusPoint[];
}

/** Everything of one device that is read at one period. */
export interface PollPlan {
  readonly everyMs: number;
  readonly blocks: readonly Block[];
  /**
   * A question whose answer only tells that the unit lives. Where it can, it asks for less than the first block, so
   * that on a line without transaction numbers neither is taken for the answer to the other.
   */
  readonly greeting: Request;
}

export const isForbidden = (rules: BlockRules, table: Table, from: number, to: number): boolean =>
  (rules.table === undefined || rules.table === table) &&
  rules.forbidden.some(([first, last]) => from <= last && to >= first);

/** Points of one device → what to ask for, a plan for each period. Polls of different periods are never mixed. */
export function planPolls(unit: number, points: readonly ModbusPoint[], rules: BlockRules): PollPlan[] {
  const readable = points.filter(({ source }) => source.register.write?.readBack !== false);
  const byPeriod = Map.groupBy(readable, (point) => point.everyMs);
  return [...byPeriod].map(([everyMs, members]) => {
    const byTable = Map.groupBy(members, (point) => point.source.register.table);
    const blocks = [...byTable].flatMap(([table, some]) => planBlocks(unit, table, some, rules));
    const [first] = blocks;
    if (first === undefined) throw new RangeError('a poll without points');
    return { everyMs, blocks, greeting: planGreeting(first) };
  });
}

function planBlocks(unit: number, table: Table, points: readonly ModbusPoint[], rules: BlockRules): Block[] {
  const most = Math.min(rules.most ?? Number.POSITIVE_INFINITY, mostOf(table));
  const sorted = points.toSorted((a, b) => a.source.register.address - b.source.register.address);
  const blocks: Block[] = [];
  let start = 0;
  let end = 0;
  let members: ModbusPoint[] = [];
  const close = () => {
    if (members.length === 0) return;
    blocks.push({ request: makeRequest(unit, table, start, end - start), points: members });
  };
  for (const point of sorted) {
    const { address } = point.source.register;
    const last = address + widthOf(point.source.register);
    const joins =
      members.length > 0 &&
      address - end <= rules.gap &&
      Math.max(end, last) - start <= most &&
      !(address > end && isForbidden(rules, table, end, address - 1));
    if (!joins) {
      close();
      start = address;
      end = last;
      members = [];
    }
    members.push(point);
    end = Math.max(end, last);
  }
  close();
  return blocks;
}

/**
 * The two halves of a block that a unit does not have all of: cut at the widest gap, since what was only read along is
 * the likeliest not to be there, else in the middle. Undefined where all its points stand in one place.
 */
export function splitBlock({ request, points }: Block): readonly [Block, Block] | undefined {
  const places = points.map(({ source: { register } }) => register);
  let cut = 0;
  let widest = -1;
  for (let index = 1; index < places.length; index++) {
    const before = places[index - 1];
    const after = places[index];
    if (before === undefined || after === undefined || before.address === after.address) continue;
    const gap = Math.max(after.address - before.address - widthOf(before), 0);
    const isNearer = Math.abs(index - places.length / 2) < Math.abs(cut - places.length / 2);
    if (gap < widest || (gap === widest && !isNearer)) continue;
    widest = gap;
    cut = index;
  }
  if (cut === 0) return undefined;
  return [blockOf(request.unit, points.slice(0, cut)), blockOf(request.unit, points.slice(cut))];
}

function blockOf(unit: number, points: readonly ModbusPoint[]): Block {
  const places = points.map(({ source: { register } }) => register);
  const start = Math.min(...places.map(({ address }) => address));
  const end = Math.max(...places.map((register) => register.address + widthOf(register)));
  return { request: makeRequest(unit, places[0]?.table ?? 'holding', start, end - start), points };
}

function planGreeting({ request, points }: Block): Request {
  const table = points[0]?.source.register.table ?? 'holding';
  const less = request.count - (isBitTable(table) ? 8 : 1);
  return less > 0 ? makeRequest(request.unit, table, request.address, less) : request;
}
