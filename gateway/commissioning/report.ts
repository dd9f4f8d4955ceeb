import type { LinkStatus } from '../../drivers/driver.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

type Fields = Readonly<Record<string, unknown>>;

/** A point with what was read of it last. */
export interface ReportedPoint {
  readonly id: string;
  readonly quantity: string;
  readonly unit: string | null;
  readonly everyMs: number;
  readonly last: {
    readonly value: number | string | null;
    readonly at: number;
    readonly quality: 'good' | 'uncertain' | 'bad';
    readonly code?: string;
  } | null;
}

/** A step of a walk test (联调测试): `reading`, `finding`, `ledger`, `upstream:ID`, `channel:ID`. */
export interface WalkStep {
  readonly step: string;
  readonly at: number | string | null;
  readonly ok: boolean;
  readonly detail: string | null;
}

/** The last walk test of a point, as the log has it. */
export interface WalkTest {
  readonly point: string;
  readonly rule: string | null;
  /** Whether readings were only shown to the rule, or came from the sensor itself. */
  readonly mode: 'simulate' | 'live' | null;
  readonly by: string | null;
  readonly startedAt: number | string | null;
  /** Of its entry in the log, by which it can be found there. */
  readonly sequence: string;
  readonly passed: boolean;
  readonly steps: readonly WalkStep[];
}

export interface ReportedAlarm {
  readonly point: string;
  readonly title: { readonly zh: string; readonly en: string };
  readonly level: string | null;
  readonly raisedAt: number;
  readonly acknowledged: boolean;
}

export interface ReportedDevice {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly link: string;
  readonly linkKind: string;
  readonly address: Readonly<Record<string, string | number>>;
  readonly scene: string | null;
  readonly place: { readonly grid: string | null; readonly at: readonly [number, number] | null };
  readonly asset: Fields | null;
  readonly points: readonly ReportedPoint[];
  readonly linkStatus: LinkStatus | null;
  readonly walkTests: readonly WalkTest[];
  readonly alarms: readonly ReportedAlarm[];
  /** Those that there was room for, and how many there are. */
  readonly photos: readonly { readonly name: string; readonly type: string; readonly base64: string }[];
  readonly photoCount: number;
}

/** All that the commissioning report (安装调试验收单) says, gathered at one instant. */
export interface CommissioningReport {
  readonly gateway: string;
  readonly site: string;
  readonly version: string;
  readonly siteNumber: number | null;
  readonly siteHash: string;
  readonly clock: string;
  readonly at: number;
  readonly by: string;
  readonly devices: readonly ReportedDevice[];
  /** How many entries of the log were looked through for walk tests. */
  readonly searched: number;
}

/** A certificate's standing on a date `YYYY-MM-DD`. */
const isExpired = (asset: Fields | null, today: string): boolean =>
  typeof asset?.validUntil === 'string' && asset.validUntil < today;

/** In its largest unit, in both languages. */
function lengthOf(ms: number): readonly [zh: string, en: string] {
  if (ms >= 2 * DAY_MS) return [`${Math.round(ms / DAY_MS)} 天`, `${Math.round(ms / DAY_MS)} days`];
  if (ms >= 2 * HOUR_MS) return [`${Math.round(ms / HOUR_MS)} 小时`, `${Math.round(ms / HOUR_MS)} hours`];
  if (ms >= 2 * MINUTE_MS) return [`${Math.round(ms / MINUTE_MS)} 分钟`, `${Math.round(ms / MINUTE_MS)} minutes`];
  return [`${Math.round(ms / 1000)} 秒`, `${Math.round(ms / 1000)} s`];
}

interface Said {
  readonly zh: string;
  readonly en: string;
}

/** What of a device is not proven, said plainly: whoever signs sees it. */
export function unproven(device: ReportedDevice, today: string): readonly Said[] {
  const said: Said[] = [];
  const add = (zh: string, en: string) => said.push({ zh, en });
  const { asset, points, walkTests, linkStatus } = device;
  const answers = linkStatus?.devices[device.id];
  if (linkStatus === null || linkStatus.state !== 'up') add('通信链路未连通', 'The link is not up');
  if (answers !== undefined && !answers.answers) add('设备未应答', 'The device does not answer');
  if (answers?.clock !== undefined) {
    const { offMs } = answers.clock;
    const [zh, en] = lengthOf(Math.abs(offMs));
    if (offMs > 0) add(`设备时钟快 ${zh}`, `The clock of the device is ${en} ahead`);
    else
      add(
        `设备时钟慢 ${zh}：读数迟到，规则不予判定`,
        `The clock of the device is ${en} behind: its values come too late for the rules`,
      );
  }
  for (const { id, last } of points) {
    if (last === null) add(`测点 ${id} 尚无读数`, `Point ${id} has not been read`);
    else if (last.quality !== 'good') add(`测点 ${id} 读数不是有效`, `The reading of point ${id} is not valid`);
  }
  if (walkTests.length === 0)
    add('未做联调测试：告警未证实到达值班人员', 'No walk test: that an alarm reaches people is not proven');
  for (const { point, passed, mode } of walkTests) {
    if (!passed) add(`测点 ${point} 联调测试未通过`, `The walk test of point ${point} did not pass`);
    else if (mode !== 'live') {
      add(
        `测点 ${point} 联调测试为模拟触发，传感器触发未证实`,
        `The sensor of point ${point} itself was not triggered`,
      );
    }
  }
  for (const { point, steps, passed } of walkTests) {
    const reached = steps.filter(({ step, ok }) => ok && step.startsWith('channel:'));
    if (passed && reached.length === 0) {
      add(`测点 ${point} 的告警未经通知渠道送达人员`, `No channel brought the alarm of point ${point} to a person`);
    }
  }
  if (asset?.serial === undefined) add('未登记出厂编号', 'No serial number is registered');
  if (isExpired(asset, today)) add('检定已过有效期', 'The certificate has expired');
  else if (asset?.grade === 'evidence' && asset.validUntil === undefined) {
    add('用于取证，但未登记检定有效期', 'It is for evidence, and no certificate is registered');
  }
  if (device.photoCount === 0) add('无安装照片', 'No photo of the place');
  return said;
}
