import type { Permit } from '../rules/permit.ts';

/** The columns of a permits CSV, each by the names that it goes by, first the one that is written. */
export const COLUMNS = {
  id: ['number', 'id', '编号', '报备编号', '许可编号', '许可证号', '证号', '证明编号'],
  device: ['device', 'site', '设备', '监测点', '点位', '测点'],
  grid: ['grid', '网格', '网格编号'],
  scene: ['scene', '场景'],
  tag: ['tag', '标签', '工地', '工地编号'],
  kind: ['kind', '种类', '许可种类'],
  from: ['from', '开始时间', '起始时间', '开始日期', '起始日期', '起'],
  to: ['to', '结束时间', '截止时间', '结束日期', '截止日期', '止'],
  hours: ['hours', '施工时段', '夜间时段', '每日时段', '时段'],
  processes: ['processes', '工序', '施工工序', '作业内容', '施工内容'],
  status: ['status', '状态', '审批状态'],
  reason: ['reason', '事由', '原因', '施工原因'],
  noticeFrom: ['notice', '公示时间', '公示日期'],
  noticeLink: ['notice link', '公示', '公示链接'],
  evidence: ['evidence', '证明', '证明链接', '附件'],
  note: ['note', '备注', '说明'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Column = keyof typeof COLUMNS;

const STATUS_WORDS: Readonly<Record<string, Permit['status']>> = {
  已申请: 'applied',
  申请中: 'applied',
  待审批: 'applied',
  已报备: 'granted',
  准予: 'granted',
  已准予: 'granted',
  '已报备(准予)': 'granted',
  不予报备: 'refused',
  不予: 'refused',
  已撤销: 'revoked',
  撤销: 'revoked',
  已撤回: 'withdrawn',
  撤回: 'withdrawn',
  已到期: 'expired',
  到期: 'expired',
};

const REASON_WORDS: Readonly<Record<string, NonNullable<Permit['reason']>>> = {
  连续作业: 'continuous-process',
  工艺要求: 'continuous-process',
  生产工艺要求: 'continuous-process',
  特殊需要: 'special-need',
  抢修: 'emergency-repair',
  抢险: 'emergency-repair',
  抢修抢险: 'emergency-repair',
};

const KIND_WORDS: Readonly<Record<string, string>> = { 夜间施工: 'night-work', 夜间施工报备: 'night-work' };

/** Full-width signs, as input methods give them, in their plain form. */
export const plain = (text: string): string => text.normalize('NFKC').trim();

/** The column that a heading names; undefined when none goes by it. */
export function columnOf(heading: string): Column | undefined {
  const wanted = plain(heading).toLowerCase();
  const found = Object.entries(COLUMNS).find(([, names]) => (names as readonly string[]).includes(wanted));
  // The entries of COLUMNS.
  return found?.[0] as Column | undefined;
}

/** A word of an office in the words of a permit; what is not known stays, and is refused as it stands. */
export const wordOf = (column: Column, text: string): string => {
  const words = { status: STATUS_WORDS, reason: REASON_WORDS, kind: KIND_WORDS }[column as string];
  return words?.[plain(text)] ?? plain(text);
};
