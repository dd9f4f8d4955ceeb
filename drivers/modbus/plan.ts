import type { Point } from '../point.ts';
import { type Order, TYPES, type ValueType } from './decode.ts';
import { isBitTable, makeRequest, mostOf, type Request, type Table } from './pdu.ts';

/** Where a point's value stands in its device. */
export interface Register {
  readonly table: Table;
  readonly address: number;
  readonly type: ValueType;
  readonly order: Order;
  readonly scale: number;
  readonly offset: number;
  readonly bit?: number | undefined;
}

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

/** Registers that a value takes; bits of a bit table take one bit. */
export const widthOf = (register: Register): number => TYPES[register.type];

export const isForbidden = (rules: BlockRules, table: Table, from: number, to: number): boolean =>
  (rules.table === undefined || rules.table === table) &&
  rules.forbidden.some(([first, last]) => from <= last && to >= first);

/** Points of one device → what to ask for, a plan for each period. Polls of different periods are never mixed. */
export function planPolls(unit: number, points: readonly ModbusPoint[], rules: BlockRules): PollPlan[] {
  const byPeriod = Map.groupBy(points, (point) => point.everyMs);
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

function planGreeting({ request, points }: Block): Request {
  const table = points[0]?.source.register.table ?? 'holding';
  const less = request.count - (isBitTable(table) ? 8 : 1);
  return less > 0 ? makeRequest(request.unit, table, request.address, less) : request;
}
