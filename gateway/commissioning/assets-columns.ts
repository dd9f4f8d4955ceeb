/** How a field of the register is written in CSV. */
export type AssetField = 'text' | 'date' | 'number' | 'yes-no' | 'grade';

export interface AssetColumn {
  /** Where it stands: in the device, in its `asset`, or in that's `siting`. */
  readonly path: readonly string[];
  readonly as: AssetField;
  /** Its headings, the one that is written first. */
  readonly names: readonly [string, ...string[]];
}

const asset = (key: string, as: AssetField, ...names: [string, ...string[]]): AssetColumn => ({
  path: ['asset', key],
  as,
  names: [...names, key],
});
const siting = (key: string, as: AssetField, ...names: [string, ...string[]]): AssetColumn => ({
  path: ['asset', 'siting', key],
  as,
  names: [...names, key],
});

/** The register's columns (设备台账), in the order in which they are written. The first names the device. */
export const ASSET_COLUMNS: readonly AssetColumn[] = [
  { path: ['id'], as: 'text', names: ['设备编号', '编号', 'device', 'id'] },
  { path: ['name'], as: 'text', names: ['设备名称', '点位名称', '名称', 'name'] },
  asset('model', 'text', '型号', '规格型号'),
  asset('serial', 'text', '出厂编号', '序列号', 'serial number'),
  asset('maker', 'text', '生产厂家', '生产单位', '厂家', '制造商'),
  asset('installedOn', 'date', '安装日期', 'installed on'),
  asset('owner', 'text', '权属单位', '产权单位'),
  asset('maintainer', 'text', '运维单位', '维护单位'),
  asset('certificate', 'text', '检定证书编号', '检定证书', '证书编号'),
  asset('validUntil', 'date', '检定有效期', '检定有效期至', '有效期至', 'valid until'),
  asset('grade', 'grade', '数据用途', '数据等级'),
  siting('height', 'number', '安装高度(m)', '安装高度', '传声器高度(m)', 'height (m)'),
  siting('reflectingSurface', 'number', '距反射面(m)', '距反射面', 'reflecting surface (m)'),
  siting('windscreen', 'yes-no', '防风罩'),
  siting('earth', 'yes-no', '接地'),
  siting('earthOhm', 'number', '接地电阻(Ω)', '接地电阻', 'earth (ohm)'),
  siting('terminator', 'yes-no', '终端电阻'),
  siting('bias', 'yes-no', '偏置电阻'),
  siting('supply', 'text', '供电方式', '供电'),
];

const WORDS: Readonly<Partial<Record<AssetField, Readonly<Record<string, unknown>>>>> = {
  'yes-no': {
    是: true,
    有: true,
    已接: true,
    yes: true,
    true: true,
    否: false,
    无: false,
    未接: false,
    no: false,
    false: false,
  },
  grade: { 告警: 'warning', 取证: 'evidence', 证据: 'evidence', warning: 'warning', evidence: 'evidence' },
};

/** Full-width signs, as input methods give them, in their plain form. */
const plain = (text: string): string => text.normalize('NFKC').trim();

/** The column that a heading names; undefined when none goes by it. */
export function assetColumn(heading: string): AssetColumn | undefined {
  const wanted = plain(heading).toLowerCase();
  return ASSET_COLUMNS.find(({ names }) => names.some((name) => plain(name).toLowerCase() === wanted));
}

const WRITTEN_DATE = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/;

/** A field's value as a site's file has it; what is not understood stays a text, which the schema refuses. */
export function parseAssetField(as: AssetField, given: string): unknown {
  const text = as === 'text' ? given.trim() : plain(given);
  const words = WORDS[as];
  if (words !== undefined) return Object.hasOwn(words, text.toLowerCase()) ? words[text.toLowerCase()] : text;
  if (as === 'number') return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (as !== 'date') return text;
  const [, year, month = '', day = ''] = WRITTEN_DATE.exec(text) ?? [];
  return year === undefined ? text : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** A value as it stands in the register. */
export function encodeAssetField(as: AssetField, value: unknown): string {
  if (value === undefined || value === null) return '';
  const word = Object.entries(WORDS[as] ?? {}).find(([, each]) => each === value)?.[0];
  return word ?? String(value);
}
