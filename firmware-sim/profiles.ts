import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Field } from './field.ts';
import { decodeWords, widthOf } from './modbus/registers.ts';
import { ORDERS, type SimMemory, type SimRegister, type Span, TABLES, type Table, TYPES } from './scenario.ts';
import { readYaml } from './yaml-file.ts';

/** A device model as data: what a simulated device of it has, and shows unless its scenario says otherwise. */
export interface SimProfile {
  readonly id: string;
  readonly protocol: string;
  readonly everyMs: number;
  readonly codec: string | null;
  /** HTTP: what is around its binary payload. */
  readonly wrapper: string | null;
  /** Where a payload has the device's own time. */
  readonly time: string | null;
  readonly points: readonly SimProfilePoint[];
  /** Modbus: the tables as the first of its tests has them. */
  readonly memory: SimMemory;
  /** Each of its tests, as it stands there. */
  readonly tests: readonly Field[];
}

export interface SimProfilePoint {
  readonly id: string;
  readonly everyMs: number;
  readonly register: SimRegister | null;
  readonly json: string | null;
  /** Of a binary payload. */
  readonly field: string | null;
  /** HJ 212. */
  readonly factor: string | null;
  /** MQTT: how it is told what to be. */
  readonly write: {
    readonly topic: string;
    readonly payload: unknown;
    readonly payloads: Readonly<Record<string, unknown>>;
  } | null;
  /** HTTP: an event that is over by itself. */
  readonly isEvent: boolean;
  readonly range: readonly [number, number] | null;
  /** State's name → raw value. */
  readonly states: Readonly<Record<string, string>>;
  /** What it shows unless a scenario says otherwise, in its own unit. */
  readonly shows: number | string;
}

/** Finds a profile by its name; throws a NoProfile where there is none. */
export type FindProfile = (id: string) => SimProfile;

export class NoProfile extends Error {
  constructor(folders: readonly string[]) {
    super(`a profile that is in ${folders.join(', ') || 'a folder (--profiles DIR)'}`);
  }
}

/** Looks in each folder for `NAME.yaml`. */
export function profilesIn(folders: readonly string[]): FindProfile {
  return (id) => {
    const path = folders.map((folder) => join(folder, `${id}.yaml`)).find((each) => existsSync(each));
    if (path === undefined) throw new NoProfile(folders);
    return readYaml(path, 'profile', readProfile);
  };
}

export const parseProfile = (text: string): SimProfile => readProfile(new Field(parse(text), 'profile'));

function readProfile(root: Field): SimProfile {
  const tests = root.at('tests').items([]);
  const forbidden = root.at('blocks').at('forbidden');
  const points = root.at('points').items();
  const memory = memoryOf(tests[0], forbidden, points.map(registerOf));
  return {
    id: root.at('profile').text(),
    protocol: root.at('protocol').text(),
    everyMs: root.at('every').duration(),
    codec: root.at('codec').textOr(null),
    wrapper: root.at('payload').at('wrapper').textOr(null),
    time: root.at('time').textOr(null),
    points: points
      // Of a length that is taken from a height only what is measured is simulated.
      .filter((point, index) => point.at('from').isMissing() || !isToldTwice(points, index))
      .map((point) => pointOf(point, root.at('every'), memory, tests)),
    memory,
    tests,
  };
}

/** Another point, which is not taken from a height, is made of the same data. */
function isToldTwice(points: readonly Field[], index: number): boolean {
  const own = sourceOf(points[index] ?? new Field({}, ''));
  return points.some((point) => point.at('from').isMissing() && sourceOf(point) === own);
}

const sourceOf = (point: Field): string =>
  JSON.stringify([registerOf(point), ...['field', 'json', 'factor'].map((key) => point.at(key).textOr(null))]);

function pointOf(point: Field, every: Field, memory: SimMemory, tests: readonly Field[]): SimProfilePoint {
  const plain = registerOf(point);
  const states = Object.fromEntries(
    point
      .at('states')
      .entries([])
      .map(([raw, name]) => [name.text(), raw]),
  );
  const numbers = Object.fromEntries(Object.entries(states).map(([name, raw]) => [name, Number(raw)]));
  const register = plain === null ? null : { ...withDecimals(point, plain, memory), states: numbers };
  const factor = point.at('factor').textOr(null);
  const isEvent = !point.at('holdFor').isMissing();
  const range = point.at('range');
  const bounds = range.isMissing() ? null : ([range.at(0).number(), range.at(1).number()] as const);
  return {
    id: point.at('id').text(),
    everyMs: (point.at('every').isMissing() ? every : point.at('every')).duration(),
    register,
    json: point.at('json').textOr(null),
    field: point.at('field').textOr(null),
    factor,
    write: point.at('json').isMissing() || point.at('write').isMissing() ? null : writeOf(point.at('write')),
    isEvent,
    range: bounds,
    states,
    shows: isEvent
      ? 'normal'
      : (shownBy(register, memory, states) ??
        inFrame(factor, tests, states) ??
        Object.keys(states)[0] ??
        middleOf(bounds)),
  };
}

const writeOf = (write: Field) => ({
  topic: write.at('topic').textOr('{topic}/set'),
  payload: write.at('payload').raw(),
  payloads: Object.fromEntries(
    write
      .at('payloads')
      .entries([])
      .map(([state, payload]) => [state, payload.raw()]),
  ),
});

/** What the profile's own test data makes the point show. */
function shownBy(register: SimRegister | null, memory: SimMemory, states: Readonly<Record<string, string>>) {
  if (register === null) return undefined;
  const words = Array.from({ length: widthOf(register) }, (_, index) =>
    memory.cells.get(`${register.table} ${register.address + index}`),
  );
  if (words.includes(undefined)) return undefined;
  const value = decodeWords(register, words as number[]);
  if (Object.keys(states).length === 0) return value;
  return Object.keys(states).find((name) => Number(states[name]) === value);
}

/** What the first frame of the profile's tests that has the factor says of it. */
function inFrame(factor: string | null, tests: readonly Field[], states: Readonly<Record<string, string>>) {
  if (factor === null) return undefined;
  for (const test of tests) {
    const frame = test.at('frame').textOr('');
    const [, value] = new RegExp(`[;&]${factor}=([-+.\\d]+)`).exec(frame) ?? [];
    if (value === undefined) continue;
    const state = Object.keys(states).find((name) => Number(states[name]) === Number(value));
    return Object.keys(states).length === 0 ? Number(value) : state;
  }
  return undefined;
}

const middleOf = (range: readonly [number, number] | null): number =>
  range === null ? 0 : Math.round((range[0] + range[1]) / 2);

function registerOf(point: Field): SimRegister | null {
  const register = point.at('register');
  if (register.isMissing()) return null;
  const bit = register.at('bit');
  return {
    table: register.at('table').oneOf(TABLES, 'holding'),
    address: register.at('address').number(),
    type: register.at('type').oneOf(TYPES, 'u16'),
    order: register.at('order').oneOf(ORDERS, 'ABCD'),
    bit: bit.isMissing() ? null : bit.number(),
    scale: register.at('scale').number(1),
    offset: register.at('offset').number(0),
    states: {},
  };
}

/** The same register as the device itself says how many decimals its value has, where it says so. */
function withDecimals(point: Field, register: SimRegister, memory: SimMemory): SimRegister {
  const decimals = point.at('register').at('decimals');
  if (decimals.isMissing()) return register;
  const told = memory.cells.get(`${decimals.at('table').textOr('holding')} ${decimals.at('address').number()}`) ?? 0;
  return { ...register, scale: register.scale / 10 ** told };
}

function memoryOf(test: Field | undefined, forbidden: Field, registers: readonly (SimRegister | null)[]): SimMemory {
  const cells = new Map<string, number>();
  for (const table of TABLES) {
    for (const [address, given] of test?.at(table).entries([]) ?? []) {
      for (const [index, value] of given.list().entries())
        cells.set(`${table} ${Number(address) + index}`, value.number());
    }
  }
  const spans = Object.fromEntries(TABLES.flatMap((table) => spanOf(table, cells, registers)));
  return {
    cells,
    spans,
    forbidden: forbidden.items([]).map((span) => [span.at(0).number(), span.at(1).number()] as const),
  };
}

function spanOf(
  table: Table,
  cells: ReadonlyMap<string, number>,
  registers: readonly (SimRegister | null)[],
): [Table, Span][] {
  const known = [...cells.keys()].filter((key) => key.startsWith(`${table} `)).map((key) => Number(key.split(' ')[1]));
  for (const register of registers) {
    if (register?.table === table) known.push(register.address, register.address + widthOf(register) - 1);
  }
  return known.length === 0 ? [] : [[table, [Math.min(...known), Math.max(...known)]]];
}
