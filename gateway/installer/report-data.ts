import { Buffer } from 'node:buffer';
import type { LinkStatus } from '../../drivers/driver.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { PointView } from '../api/context.ts';
import type { DeviceView, PhotoView } from '../api/device-desk.ts';
import type { CommissioningReport, ReportedDevice, WalkStep, WalkTest } from '../commissioning/report.ts';
import type { GatewaySite } from '../kinds.ts';
import type { LedgerReader } from '../ledger/ledger.ts';

const WALK_TESTED = 'city.gengfu.device.walk-tested';
/** How far back in the log walk tests are looked for. */
const SEARCHED = 20_000;
const PAGE = 500;
/** Photos of one report, all together: a browser must be able to show and print it. */
const PHOTO_BYTES = 24 * 2 ** 20;

/** What the report is gathered from. */
export interface ReportSources {
  readonly site: GatewaySite;
  readonly kept: { readonly number: number | null; readonly hash: string };
  readonly version: string;
  readonly clock: string;
  readonly at: number;
  readonly by: string;
  readonly devices: readonly DeviceView[];
  readonly board: { points(): readonly PointView[] };
  readonly links: Readonly<Record<string, LinkStatus>>;
  readonly alarms: readonly Alarm[];
  readonly ledger: Pick<LedgerReader, 'latest'>;
  photos(device: string): Promise<readonly PhotoView[]>;
  photo(device: string, name: string): Promise<{ readonly type: string; readonly bytes: Uint8Array }>;
}

/** Everything that the report on those devices says. */
export async function gatherReport(sources: ReportSources): Promise<CommissioningReport> {
  const { site, kept, version, clock, at, by, devices } = sources;
  const { tests, searched } = await walkTests(sources.ledger, new Set(devices.map(({ id }) => id)));
  let room = PHOTO_BYTES;
  const reported: ReportedDevice[] = [];
  for (const device of devices) {
    const photos = await sources.photos(device.id);
    const shown: ReportedDevice['photos'][number][] = [];
    for (const { name, bytes } of photos) {
      if (bytes > room) break;
      room -= bytes;
      const { type, bytes: content } = await sources.photo(device.id, name);
      shown.push({ name, type, base64: Buffer.from(content).toString('base64') });
    }
    reported.push({
      ...device,
      linkKind: site.links.find(({ id }) => id === device.link)?.kind ?? '',
      points: sources.board.points().filter((point) => point.device === device.id),
      linkStatus: sources.links[device.link] ?? null,
      walkTests: tests.filter((test) => test.device === device.id),
      alarms: sources.alarms.filter(({ watch }) => watch.device === device.id).map(alarmOf),
      photos: shown,
      photoCount: photos.length,
    });
  }
  return {
    ...{ gateway: site.gateway, site: site.name, version, clock, at, by, searched },
    siteNumber: kept.number,
    siteHash: kept.hash,
    devices: reported,
  };
}

const alarmOf = ({ watch, level, raisedAt, acknowledged }: Alarm): ReportedDevice['alarms'][number] => ({
  point: watch.point,
  title: watch.title,
  level,
  raisedAt,
  acknowledged,
});

/** The last walk test of each point of those devices. */
async function walkTests(ledger: Pick<LedgerReader, 'latest'>, devices: ReadonlySet<string>) {
  const tests: (WalkTest & { readonly device: string })[] = [];
  const seen = new Set<string>();
  let before: number | undefined;
  let searched = 0;
  while (searched < SEARCHED) {
    const entries = await ledger.latest(PAGE, before);
    searched += entries.length;
    for (const { json, sequence } of entries) {
      // Only entries that name it are parsed: thousands would hold up the main loop.
      if (!json.includes(WALK_TESTED)) continue;
      const event = JSON.parse(json) as { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
      const { device, point } = event.data;
      const key = `${device}/${point}`;
      if (event.type !== WALK_TESTED || typeof device !== 'string' || !devices.has(device) || seen.has(key)) continue;
      seen.add(key);
      tests.push({ device, ...walkTestOf(event.data, String(sequence)) });
    }
    before = entries.at(-1)?.sequence;
    if (before === undefined || before <= 1) break;
  }
  return { tests, searched };
}

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const timeOr = (value: unknown): number | string | null =>
  typeof value === 'string' || typeof value === 'number' ? value : null;

function detailOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What an entry says of it; of a field that it has not, nothing. */
const walkTestOf = (data: Readonly<Record<string, unknown>>, sequence: string): WalkTest => ({
  point: String(data.point),
  rule: textOr(data.rule),
  mode: data.mode === 'simulate' || data.mode === 'live' ? data.mode : null,
  by: textOr(data.by),
  startedAt: timeOr(data.startedAt),
  sequence,
  passed: data.passed === true,
  steps: (Array.isArray(data.steps) ? data.steps : []).map(
    (step: Readonly<Record<string, unknown>> | null): WalkStep => ({
      step: String(step?.step),
      at: timeOr(step?.at),
      ok: step?.ok === true,
      detail: detailOf(step?.detail),
    }),
  ),
});
