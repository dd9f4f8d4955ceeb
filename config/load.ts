import { join } from 'node:path';
import { ROOT } from '#kit/root.ts';
import { checkCards } from './cards.ts';
import { checkPeople } from './check-people.ts';
import { checkClock } from './clock.ts';
import { Declared } from './declared.ts';
import { derivedPoints } from './derived-points.ts';
import { checkDevice, checkLink, checkShared, type OpenLinkSpec, type PlacedDevice } from './devices.ts';
import { type Entry, isMapping, partOf, valueAt } from './document.ts';
import { siteFile } from './file-kinds.ts';
import { readFolder } from './folder.ts';
import { check } from './issues.ts';
import type { Kinds, PermitShape, RuleShape } from './kinds.ts';
import { checkListeners } from './listeners.ts';
import { gatherLists, siteHead } from './lists.ts';
import { withOtherRules } from './other-rules.ts';
import { checkOutputs, namedOutputs } from './outputs.ts';
import { ownPoints } from './own-points.ts';
import { takePack } from './packs.ts';
import type { SitePeople } from './people.ts';
import { checkFloodPlan, checkPlans, checkResponds, warnOfUnanswered } from './plans.ts';
import { Profiles } from './profiles.ts';
import type { SecretSources } from './references.ts';
import type { Register } from './register.ts';
import { Report } from './report.ts';
import { checkPermits, checkRules, type Referred, type RuleEntry } from './rules.ts';
import { resolveSecrets } from './secrets.ts';
import { checkSinks } from './sinks.ts';
import type { Loaded, Site, SiteLink } from './site.ts';
import { declareWindows, placeWindows } from './windows.ts';

export interface LoadOptions {
  /** Where `${env:NAME}` looks; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** What a secret that is not there is: an error, unless the site is only looked at or replayed. */
  readonly missingSecrets?: 'error' | 'warning';
  /** References to secrets stay as they are written: such a site can be kept, not run. */
  readonly leaveSecrets?: boolean;
  /** Where `${file:PATH}` looks; the site's directory by default. */
  readonly secretsDir?: string;
  /** A file of rules, or a folder of such, which takes the place of the site's own; to compare with. */
  readonly rules?: string | undefined;
  /** Packs and device models that ship. */
  readonly packsDir?: string;
  readonly profilesDir?: string;
}

/**
 * Reads a site's directory whole. Every problem is told at once, at its place; with one error or more there is no site.
 * It throws for nothing that stands in the files.
 */
export async function loadSite<R extends RuleShape, P extends PermitShape>(
  dir: string,
  kinds: Kinds<R, P>,
  options: LoadOptions = {},
): Promise<Loaded<Site<R, P>>> {
  const { packsDir = join(ROOT, 'config', 'packs'), profilesDir = join(ROOT, 'config', 'profiles') } = options;
  const report = new Report();
  const sources: SecretSources = {
    dir: options.secretsDir ?? dir,
    env: options.env ?? process.env,
    missing: options.missingSecrets ?? 'error',
    isLeft: options.leaveSecrets ?? false,
  };
  const folder = await readFolder(dir, report);
  const own = gatherLists(folder.lists, folder.site, report);
  const lists = options.rules === undefined ? own : await withOtherRules(own, options.rules, report);

  const head = folder.site === undefined ? undefined : await resolveBroker(siteHead(folder.site), sources, report);
  const site = head === undefined ? undefined : check(siteFile, head, report);
  const sinksOf = async (key: 'upstreams' | 'channels') =>
    head === undefined ? [] : await checkSinks(head, key, kinds[key], sources, report);
  const upstreams = await sinksOf('upstreams');
  const channels = await sinksOf('channels');

  const profiles = new Profiles(folder.profiles, kinds.drivers, profilesDir, report);
  const links = await checkLinks(lists.links, kinds, sources, report);
  if (site !== undefined && head !== undefined) checkListeners(site, head, links.open, report);
  const devices = await checkDevices(lists.devices, links, { profiles, register: site?.register }, sources, report);
  if (site !== undefined && head !== undefined) {
    const { declared, placed } = devices;
    checkClock(site.clock, head, { links: links.open, upstreams, devices: declared, placed }, report);
  }

  const derive = [...lists.derive];
  const rules: RuleEntry[] = lists.rules.map((entry) => ({ entry, pack: null }));
  const taking = { packsDir, own: new Set(lists.rules.map(({ value }) => valueAt(value, ['id']))) };
  for (const [index, use] of (site?.packs ?? []).entries()) {
    if (head === undefined) continue;
    const taken = await takePack(use, partOf(head, ['packs', index]), taking, report);
    rules.push(...taken.rules);
    derive.push(...taken.derive);
  }
  const areLinksWhole = links.declared.ids.every((id) => links.found.has(id));
  const isWhole = devices.isWhole && areLinksWhole && !report.isIncomplete;
  const name = site?.name ?? site?.gateway ?? '';
  const place = { grid: site?.place?.grid ?? null, at: site?.place?.at ?? null };
  const read = links.open.flatMap((link) => link.devices.flatMap((device) => device.points));
  const named = namedOutputs(lists.outputs);
  const measured = [...read, ...ownPoints({ name, place }, links.open, upstreams, named, read)];
  const measuredOnly: Referred = {
    links: links.declared,
    devices: devices.declared,
    windows: declareWindows(head, report),
    timeZone: site?.timeZone,
    points: isWhole ? measured : undefined,
    outputIds: named.map(({ id }) => id),
    report,
  };
  const points = [...measured, ...derivedPoints(derive, kinds, measuredOnly)];
  const known: Referred = { ...measuredOnly, points: isWhole ? points : undefined };
  const outputs = checkOutputs(lists.outputs, links.open, known);
  const referred: Referred = { ...known, outputs: isWhole ? outputs : undefined };
  const goodRules = checkRules(rules, kinds, referred);
  const goodPermits = checkPermits(lists.permits, kinds, referred);
  const planNames = new Declared('response plan', report);
  const plans = await checkPlans(lists.plans, planNames, join(ROOT, 'config'), report);
  checkResponds(rules, planNames);
  if (site !== undefined && head !== undefined) checkFloodPlan(site.alarms, head, planNames);
  const cards = checkCards(lists.cards, points, report);
  const people = await peopleOf(folder.people, { devices: devices.declared, channels }, sources, report);
  warnOfUnanswered(rules, people, report);

  const problems = report.problems();
  if (site === undefined || report.hasErrors) return { site: null, problems };
  return {
    problems,
    site: {
      gateway: site.gateway,
      name,
      timeZone: site.timeZone,
      windows: placeWindows(site.windows ?? {}),
      clockTrust: site.clock.trust,
      clockSources: site.clock.sources,
      clockInstruments: site.clock.instruments,
      notEvaluableAfterMs: site.notEvaluableAfter,
      alarms: site.alarms,
      console: site.console,
      broker: site.broker ?? null,
      upstreams,
      channels,
      links: links.open.map(({ driver: _, entry: __, ...link }): SiteLink => link),
      points,
      rules: goodRules,
      permits: goodPermits,
      plans,
      cards,
      people,
      outputs,
    },
  };
}

/** The broker's certificate and its key may be references; the rest of `site.yaml` has secrets in its own parts. */
async function resolveBroker(head: Entry, sources: SecretSources, report: Report): Promise<Entry> {
  const broker = valueAt(head.value, ['broker']);
  if (!isMapping(head.value) || !isMapping(broker)) return head;
  const resolved = await resolveSecrets(partOf(head, ['broker'], broker), sources, report);
  return { ...head, value: { ...head.value, broker: resolved.value } };
}

async function peopleOf(
  file: Entry | undefined,
  around: { readonly devices: Declared; readonly channels: Site['channels'] },
  sources: SecretSources,
  report: Report,
): Promise<SitePeople | null> {
  if (file === undefined) return null;
  const entry = await resolveSecrets({ ...file, value: file.value ?? {} }, sources, report);
  // A file that could not be understood may hold the devices that are named here.
  const ids = report.isIncomplete ? undefined : around.devices.ids;
  return checkPeople(entry, { channels: around.channels.map(({ id }) => id), devices: ids }, report);
}

interface Links {
  readonly declared: Declared;
  readonly found: ReadonlyMap<string, OpenLinkSpec>;
  readonly open: readonly OpenLinkSpec[];
}

async function checkLinks(
  entries: readonly Entry[],
  kinds: Kinds,
  sources: SecretSources,
  report: Report,
): Promise<Links> {
  const declared = new Declared('link', report);
  const found = new Map<string, OpenLinkSpec>();
  for (const raw of entries) {
    const entry = await resolveSecrets(raw, sources, report);
    const isFirst = declared.add(entry);
    const link = checkLink(entry, kinds.drivers, report);
    const id = valueAt(entry.value, ['id']);
    if (link !== undefined && isFirst && typeof id === 'string') found.set(id, link);
  }
  return { declared, found, open: [...found.values()] };
}

interface Devices {
  readonly declared: Declared;
  readonly placed: ReadonlyMap<string, PlacedDevice>;
  /** Every device could be used, so that it can be said what matches. */
  readonly isWhole: boolean;
}

/** Checks every device, puts it on its link, and lets each driver see how its links are shared. */
async function checkDevices(
  entries: readonly Entry[],
  links: Links,
  common: { readonly profiles: Profiles; readonly register: Register | undefined },
  sources: SecretSources,
  report: Report,
): Promise<Devices> {
  const declared = new Declared('device', report);
  const placed = new Map<string, PlacedDevice>();
  let isWhole = true;
  for (const raw of entries) {
    const entry = await resolveSecrets(raw, sources, report);
    const isFirst = declared.add(entry);
    const around = { ...common, links: links.found, declaredLinks: links.declared, report };
    const found = await checkDevice(entry, around);
    if (found === undefined || !isFirst) isWhole = false;
    else {
      placed.set(found.device.id, found);
      links.open.find((link) => link.id === found.device.link)?.devices.push(found.device);
    }
  }
  for (const link of links.open) checkShared(link, placed, report);
  return { declared, placed, isWhole };
}
