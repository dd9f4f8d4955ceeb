import { DURATION, parseDuration } from '#kit/duration.ts';
import { Declared } from './declared.ts';
import { type Entry, isMapping, valueAt } from './document.ts';
import { check } from './issues.ts';
import type { Kinds, PermitShape, RuleShape, Selector } from './kinds.ts';
import { checkMatchedTerms } from './matched-terms.ts';
import { suggest } from './nearest.ts';
import { checkUses } from './output-uses.ts';
import { GATEWAY_DEVICE, outputDevice } from './own-points.ts';
import { isKnownQuantity } from './quantities.ts';
import { checkRegister } from './register.ts';
import type { Report } from './report.ts';
import { checkTerms, conditionsOf } from './rule-terms.ts';
import { isSelected, listOf } from './selector.ts';
import type { SiteOutput, SitePoint } from './site.ts';
import { checkSuppression } from './suppression.ts';

/** What rules and permits refer to. */
export interface Referred {
  readonly devices: Declared;
  readonly links: Declared;
  readonly windows: Declared;
  /** Undefined when some device could not be used, so that nobody can say what matches. */
  readonly points: readonly SitePoint[] | undefined;
  /** Undefined when `site.yaml` could not be used. */
  readonly timeZone: string | undefined;
  /** Each is a device of its own. */
  readonly outputIds?: readonly string[] | undefined;
  /** Left out where nobody knows them yet. */
  readonly outputs?: readonly SiteOutput[] | undefined;
  readonly report: Report;
}

/** A rule with its entry; a pack's rule has the place where the pack is taken in. */
export interface RuleEntry {
  readonly entry: Entry;
  readonly pack: string | null;
}

export function checkRules<R extends RuleShape, P extends PermitShape>(
  entries: readonly RuleEntry[],
  kinds: Kinds<R, P>,
  referred: Referred,
): R[] {
  const { report } = referred;
  const declared = new Declared('rule', report);
  const good: R[] = [];
  /** Pack → whether one of its rules has a point to stand on. */
  const used = new Map<string, { isUsed: boolean; entry: Entry }>();
  for (const { entry, pack } of entries) {
    declared.add(entry);
    checkTerms(entry, report);
    const rule = check(kinds.rule, entry, report);
    if (rule === undefined) continue;
    if (rule.id.startsWith('gengfu.')) {
      report.error(
        entry.at(['id']),
        `${entry.prefix}id: ids that begin with "gengfu." are the gateway's own: give the rule another one`,
      );
    }
    if (typeof rule.during === 'string') referred.windows.refer(rule.during, entry, ['during']);
    const matched = checkSelector(rule.on, entry, referred);
    checkWhile(entry, matched, referred);
    checkUses(rule, entry, referred.outputs, report);
    good.push(rule);
    if (matched === undefined) continue;
    if (pack !== null) {
      used.set(pack, { isUsed: matched.length > 0 || used.get(pack)?.isUsed === true, entry });
    } else if (matched.length === 0 && arePointsThere(rule.on, entry, referred)) {
      report.warn(
        entry.at(['on']),
        `${entry.prefix}on: no point of this site matches, so rule ${rule.id} never answers`,
      );
    }
    // A pack is for many models, not each of which has every state.
    if (pack === null) checkMatchedTerms(entry, matched, report);
    checkHold(entry, matched, rule.id, report);
    checkStuck(entry, matched, rule.id, report);
  }
  checkSuppression(entries, good, report);
  for (const [pack, { isUsed, entry }] of used) {
    if (!isUsed) report.warn(entry.at([]), `no point of this site matches any rule of the pack ${pack}`);
  }
  return good;
}

export function checkPermits<R extends RuleShape, P extends PermitShape>(
  entries: readonly Entry[],
  kinds: Kinds<R, P>,
  referred: Referred,
): P[] {
  const declared = new Declared('permit', referred.report);
  const good: P[] = [];
  const places = new Map<string, Entry>();
  for (const entry of entries) {
    declared.add(entry);
    checkTerms(entry, referred.report);
    const permit = check(kinds.permit, entry, referred.report);
    if (permit === undefined) continue;
    const matched = checkSelector(permit.on, entry, referred);
    good.push(permit);
    places.set(permit.id, entry);
    if (matched?.length === 0) {
      referred.report.warn(
        entry.at(['on']),
        `on: no point of this site matches, so permit ${permit.id} covers nothing`,
      );
    }
  }
  const { points, timeZone, report } = referred;
  if (points === undefined || timeZone === undefined) return good;
  for (const { id, with: other } of kinds.overlaps?.(good, points, timeZone) ?? []) {
    const place = places.get(id)?.at(['from']);
    const message = `from: permit ${id} overlaps permit ${other}, which is of the same kind and site`;
    if (place !== undefined && id !== other) report.warn(place, message);
  }
  return good;
}

/** The points that match; undefined when that cannot be said. */
export function checkSelector(
  on: Selector,
  entry: Entry,
  { devices, links, points, outputIds = [], report }: Referred,
): SitePoint[] | undefined {
  checkRegister(entry, report);
  const isList = Array.isArray(valueAt(entry.value, ['on', 'device']));
  let isWhole = true;
  listOf(on.device).forEach((device, index) => {
    const path = isList ? ['on', 'device', index] : ['on', 'device'];
    const [, link] = /^link:(.*)$/.exec(device) ?? [];
    if (link === undefined) {
      if (!devices.refer(device, entry, path, [GATEWAY_DEVICE, ...outputIds.map(outputDevice)])) isWhole = false;
    } else if (!links.refer(link, entry, path)) isWhole = false;
  });
  if (!isWhole || listOf(on.quantity).some((quantity) => !isKnownQuantity(quantity))) return undefined;
  return points?.filter((point) => isSelected(on, point));
}

/** Whether one of the points that a selector names is there, on one of the devices that it names. */
function arePointsThere(on: Selector, entry: Entry, { points, report }: Referred): boolean {
  const [first] = listOf(on.point);
  const around = (points ?? []).filter(({ device }) => on.device === undefined || listOf(on.device).includes(device));
  if (first === undefined || around.some(({ id }) => listOf(on.point).includes(id))) return true;
  const [device] = listOf(on.device);
  const whose = device === undefined ? 'no device of this site' : device;
  const known = new Set(around.map(({ id }) => id));
  const lacks = `${whose} has ${device === undefined ? 'a' : 'no'} point "${first}"; ${suggest(first, known)}`;
  report.error(entry.at(['on', 'point']), `${entry.prefix}on.point: ${lacks}`);
  return false;
}

/** A device that `while` names is there, and the points that it is on. Without them the rule is never evaluable. */
export function checkWhile(entry: Entry, matched: readonly SitePoint[] | undefined, referred: Referred): void {
  for (const { path, condition } of conditionsOf(entry)) {
    if (path[0] !== 'while' || !isMapping(condition)) continue;
    const { quantity, device, near, optional } = condition;
    const own = [GATEWAY_DEVICE, ...(referred.outputIds ?? []).map(outputDevice)];
    if (typeof device === 'string' && !referred.devices.refer(device, entry, [...path, 'device'], own)) continue;
    if (optional === true || matched === undefined || typeof quantity !== 'string' || !isKnownQuantity(quantity))
      continue;
    const lacking = matched.find((own) => {
      const grid = near === 'grid' ? own.place.grid : near;
      return !referred.points?.some(
        (point) =>
          point.quantity === quantity &&
          (near === undefined ? point.device === (device ?? own.device) : grid !== null && point.place.grid === grid),
      );
    });
    if (lacking === undefined) continue;
    const where = near === undefined ? `device ${String(device ?? lacking.device)}` : `the grid of ${lacking.device}`;
    const message = `while: ${where} has no ${quantity}, so the rule is never evaluable on ${lacking.key}`;
    referred.report.warn(entry.at([...path, 'quantity']), entry.prefix + message);
  }
}

/** A hold of three periods or less can be completed by one reading (RULES.md, section 3). */
function checkHold(entry: Entry, matched: readonly SitePoint[], rule: string, report: Report): void {
  const hold = isMapping(entry.value) ? entry.value.hold : undefined;
  if (typeof hold !== 'string' || !DURATION.test(hold)) return;
  const holdMs = parseDuration(hold);
  const slow = matched.find((point) => holdMs > 0 && holdMs <= 3 * point.everyMs);
  if (slow === undefined) return;
  const period = `${slow.everyMs / 1000} s`;
  report.warn(
    entry.at(['hold']),
    `${entry.prefix}hold: rule ${rule} holds for ${hold}, but ${slow.key} is read every ${period}: one reading can complete it`,
  );
}

/** `stuck` asks for 10 good readings within its time (RULES.md, section 2). */
function checkStuck(entry: Entry, matched: readonly SitePoint[], rule: string, report: Report): void {
  const { kind, after } = isMapping(entry.value) ? entry.value : {};
  if (kind !== 'stuck' || typeof after !== 'string' || !DURATION.test(after)) return;
  const slow = matched.find((point) => parseDuration(after) < 9 * point.everyMs);
  if (slow === undefined) return;
  const period = `${slow.everyMs / 1000} s`;
  report.warn(
    entry.at(['after']),
    `${entry.prefix}after: rule ${rule} asks for 10 readings within ${after}, but ${slow.key} is read every ${period}: it is never stuck`,
  );
}
