import { z } from 'zod';
import { Declared } from './declared.ts';
import { type Entry, isMapping, valueAt } from './document.ts';
import { duration, id } from './fields.ts';
import { check } from './issues.ts';
import type { DriverKind, Selector } from './kinds.ts';
import { suggest } from './nearest.ts';
import type { NamedOutput } from './own-points.ts';
import { checkSelector, type Referred } from './rules.ts';
import { pointSelector } from './selector.ts';
import type { SiteOutput, SitePoint } from './site.ts';

const value = z.union([z.string().min(1), z.number()]);

/** The point of a device by which the device makes itself safe when it hears nothing: its seconds are written. */
const WATCHDOG = 'output.watchdog';
const WATCHDOG_MS = 60_000;

/** Something that the gateway may switch: the site's whitelist. */
export const output = z.strictObject({
  id,
  name: z.string().min(1).optional(),
  kind: z.enum(['siren', 'beacon', 'board', 'pump', 'barrier', 'relay']),
  /** `device/point`, which its profile says can be written. */
  point: z.string().regex(/^[^/]+\/[^/]+$/, 'must be device/point'),
  /** What it is when nobody wants anything of it, and when the gateway stops. */
  safe: value.default('off'),
  /** What it may be beside that; every state of its point where it is left out. */
  values: z.array(value).min(1).optional(),
  minOn: duration.default(0),
  minOff: duration.default(0),
  maxOn: duration.optional(),
  /** After `maxOn` it may be on again for the same alarm when it has been safe so long. */
  rest: duration.optional(),
  silence: z.enum(['duty', 'admin', 'nobody']).default('duty'),
  /** Drills and walk tests drive it too. */
  exercise: z.boolean().default(false),
  /** The points whose alarms drive it; all where it is left out. */
  on: pointSelector.optional(),
  /** Another point that shows what the world did. */
  feedback: z
    .strictObject({ point: z.string(), within: duration.default(5000), shows: z.record(z.string(), value).default({}) })
    .optional(),
  /** The device makes itself safe when it hears nothing so long, where its profile has a point for that. */
  watchdog: duration.optional(),
});
type Written = z.output<typeof output>;

/** A link with what says which of its points can be written. */
interface WritingLink {
  readonly id: string;
  readonly driver: Pick<DriverKind, 'isWritable'>;
}

/** Outputs by their names, as far as they have any: before it is known what points there are. */
export function namedOutputs(entries: readonly Entry[]): NamedOutput[] {
  const named = new Map<string, NamedOutput>();
  for (const { value } of entries) {
    const said = output
      .pick({ id: true, name: true, point: true })
      .safeParse(isMapping(value) ? { id: value.id, name: value.name, point: value.point } : value);
    if (!said.success || named.has(said.data.id)) continue;
    named.set(said.data.id, { id: said.data.id, name: said.data.name ?? said.data.id, point: said.data.point });
  }
  return [...named.values()];
}

/** The outputs of a site; problems where a point cannot be what is said of it. */
export function checkOutputs(
  entries: readonly Entry[],
  links: readonly WritingLink[],
  referred: Referred,
): SiteOutput[] {
  const { report, points } = referred;
  const declared = new Declared('output', report);
  const good: SiteOutput[] = [];
  for (const entry of entries) {
    const isFirst = declared.add(entry);
    const said = check(output, entry, report);
    if (said === undefined || !isFirst || points === undefined) continue;
    const other = good.find(({ point }) => point === said.point);
    if (other !== undefined) {
      report.error(entry.at(['point']), `${entry.prefix}point: ${said.point} is output ${other.id}'s already`);
      continue;
    }
    const placed = placeOutput(said, entry, links, referred);
    if (placed !== undefined) good.push(placed);
  }
  return good;
}

function placeOutput(
  said: Written,
  entry: Entry,
  links: readonly WritingLink[],
  referred: Referred,
): SiteOutput | undefined {
  const { report, points = [] } = referred;
  const refuse = (path: readonly (string | number)[], message: string) => {
    report.error(entry.at(path), `${entry.prefix}${path.join('.')}: ${message}`);
    return undefined;
  };
  const isWritable = ({ link, source }: SitePoint) =>
    source !== null && links.find((each) => each.id === link)?.driver.isWritable?.(source) === true;
  const find = (key: string) => points.find((each) => each.key === key);
  const point = find(said.point);
  if (point === undefined) {
    const keys = points.filter(isWritable).map(({ key }) => key);
    return refuse(['point'], `there is no point "${said.point}"; ${suggest(said.point, keys)}`);
  }
  if (!isWritable(point)) return refuse(['point'], `${point.key} cannot be written: its profile does not say how`);
  const states = point.states === undefined ? undefined : [...new Set(Object.values(point.states))];
  if (states === undefined && said.values === undefined) {
    return refuse(['values'], `is missing: ${point.key} is a number, so say which ones may be written`);
  }
  const values = [...new Set([said.safe, ...(said.values ?? states ?? [])])];
  const odd = values.find((each) => (states === undefined ? typeof each !== 'number' : !states.includes(String(each))));
  if (odd !== undefined) {
    const known = states === undefined ? 'a number' : `one of ${states.join(', ')}`;
    return refuse([odd === said.safe ? 'safe' : 'values'], `${point.key} is ${known}, never "${odd}"`);
  }
  if (said.maxOn !== undefined && said.maxOn < said.minOn) return refuse(['maxOn'], 'is shorter than minOn');
  if (said.feedback !== undefined && find(said.feedback.point) === undefined) {
    return refuse(['feedback', 'point'], `there is no point "${said.feedback.point}"`);
  }
  const watchdog = points.find(({ device, quantity }) => device === point.device && quantity === WATCHDOG);
  if (said.watchdog !== undefined && (watchdog === undefined || !isWritable(watchdog))) {
    return refuse(['watchdog'], `the profile of ${point.device} names no watchdog that can be set (${WATCHDOG})`);
  }
  const watchdogMs = said.watchdog ?? Math.max(WATCHDOG_MS, 3 * point.everyMs);
  if (watchdog !== undefined && watchdogMs < 3 * point.everyMs) {
    return refuse(['watchdog'], `is shorter than three periods of ${point.key}, of which one may be lost`);
  }
  const on: Selector | undefined = said.on;
  const part = valueAt(entry.value, ['on']);
  const matched =
    on === undefined || !isMapping(part) ? undefined : checkSelector(on, entry, referred)?.map(({ key }) => key);
  if (matched?.length === 0) report.warn(entry.at(['on']), `${entry.prefix}on: no point of this site matches`);
  return {
    id: said.id,
    name: said.name ?? said.id,
    kind: said.kind,
    point: point.key,
    device: point.device,
    link: point.link,
    safe: said.safe,
    values,
    minOnMs: said.minOn,
    minOffMs: said.minOff,
    maxOnMs: said.maxOn ?? null,
    restMs: said.rest ?? null,
    silence: said.silence,
    exercise: said.exercise,
    alarmsOf: matched ?? null,
    feedback:
      said.feedback === undefined
        ? null
        : { point: said.feedback.point, withinMs: said.feedback.within, shows: said.feedback.shows },
    watchdog: watchdog === undefined ? null : { point: watchdog.key, value: watchdogMs / 1000 },
  };
}
