import type { Zone } from '#kit/zone.ts';
import { ASSET_COLUMNS, encodeAssetField } from './assets-columns.ts';
import { type CommissioningReport, type ReportedDevice, unproven, type WalkTest } from './report.ts';
import { REPORT_CSS } from './report-css.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Any text as HTML shows it: what people and devices wrote is never markup. */
const escaped = (text: unknown): string => String(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

/** Markup, told from text by its type: everything that is not `Html` is escaped. */
class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  const shown = (value: unknown): string => {
    if (value instanceof Html) return value.text;
    if (Array.isArray(value)) return value.map(shown).join('');
    return value === null || value === undefined || value === false ? '' : escaped(value);
  };
  return new Html(parts.reduce((text, part, i) => text + shown(values[i - 1]) + part));
}

const LEVELS: Readonly<Record<string, string>> = {
  blue: '蓝色 Blue',
  yellow: '黄色 Yellow',
  orange: '橙色 Orange',
  red: '红色 Red',
};
const QUALITIES: Readonly<Record<string, string>> = {
  good: '有效 Valid',
  uncertain: '存疑 Uncertain',
  bad: '无效 Invalid',
};
const CLOCKS: Readonly<Record<string, string>> = {
  synchronised: '已校时 Synchronised',
  holding: '守时 Holding',
  unknown: '未校时 Unknown',
};
const STATES: Readonly<Record<string, string>> = {
  up: '已连通 Up',
  down: '断开 Down',
  connecting: '连接中 Connecting',
};
const STEPS: Readonly<Record<string, string>> = {
  reading: '测点读数 Reading',
  finding: '规则判定 Finding',
  ledger: '告警存证账本 Ledger',
  upstream: '上级平台 Upstream',
  channel: '通知渠道 Channel',
};
const MODES: Readonly<Record<string, string>> = { simulate: '模拟触发 Simulated', live: '实际触发 Live' };
const EMPTY = '—';

/** Of the walk tests of a device no more than so many are shown. */
const MOST_TESTS = 8;

/** The commissioning report as one page to print: A4, self-contained, no scripts, Chinese with English beside it. */
export function encodeReport(report: CommissioningReport, zone: Zone): string {
  const time = (at: number | string | null | undefined): string => {
    const ms = typeof at === 'string' ? Date.parse(at) : at;
    return typeof ms === 'number' && Number.isFinite(ms)
      ? zone.encode(ms).replace('T', ' ').replace(/\.\d+/, '')
      : EMPTY;
  };
  const devices = report.devices.map((device) => deviceOf(device, zone.date(report.at), time));
  return html`<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>安装调试验收单 ${report.gateway}</title><style>${new Html(REPORT_CSS)}</style></head>
<body>
<header><h1>安装调试验收单 <small>Commissioning report</small></h1></header>
${table([
  [['站点', 'Site'], report.site],
  [['边缘网关', 'Gateway'], report.gateway],
  [['软件版本', 'Version'], report.version],
  [['站点配置', 'Site configuration'], `${report.siteNumber ?? EMPTY} · sha256 ${report.siteHash.slice(0, 16)}…`],
  [['时钟', 'Clock'], CLOCKS[report.clock] ?? report.clock],
  [['出具时间', 'Made at'], time(report.at)],
  [['出具人', 'Made by'], report.by],
  [['设备数', 'Devices'], report.devices.length],
])}
${report.devices.length === 0 ? html`<p class="bad">没有设备 No devices.</p>` : devices}
<section class="signatures"><h2>签字 <small>Signatures</small></h2>
<div class="signers">${[
    ['安装单位', 'Installer'],
    ['建设单位', 'Client'],
    ['使用单位', 'User'],
  ].map(
    ([zh, en]) => html`<div><b>${zh}</b> <small>${en}</small><p>签字 Name</p><p>日期 Date</p><p>盖章 Seal</p></div>`,
  )}</div></section>
<footer>本单所列读数、计数与测试结果由网关在出具时间自动生成；未列出的事项未经证实。
The gateway made this page by itself at the time above; what it does not list is not proven.
${`(联调测试取自最近 ${report.searched} 条账本记录 · walk tests: the last ${report.searched} entries of the log)`}</footer>
</body></html>
`.text;
}

type Row = readonly [label: readonly [zh: string, en: string], value: unknown];

const label = ([zh, en]: Row[0]): Html => html`<th>${zh} <small>${en}</small></th>`;

/** Two pairs a line. */
function table(rows: readonly Row[]): Html {
  const lines = rows.flatMap((row, i) => (i % 2 === 0 ? [[row, rows[i + 1]]] : []));
  return html`<table class="facts">${lines.map(
    (line) =>
      html`<tr>${line.map((row) => (row === undefined ? html`<th></th><td></td>` : html`${label(row[0])}<td>${row[1] ?? EMPTY}</td>`))}</tr>`,
  )}</table>`;
}

type Time = (at: number | string | null | undefined) => string;

function deviceOf(device: ReportedDevice, today: string, time: Time): Html {
  const { place, linkStatus } = device;
  const missing = unproven(device, today);
  const address = Object.entries(device.address).map(([key, value]) => `${key} ${value}`);
  return html`<section class="device"><h2>${device.name} <small>${device.id}</small></h2>
${table([
  [['设备型号模板', 'Device model'], device.profile],
  [['通信链路', 'Link'], `${device.link} (${device.linkKind})`],
  [['地址', 'Address'], address.join(', ') || EMPTY],
  [['场景', 'Scene'], device.scene],
  [['网格', 'Grid'], place.grid],
  [['经纬度 WGS 84', 'Longitude, latitude'], place.at?.join(', ')],
  ...registerRows(device),
])}
<h3>实时读数 <small>Readings</small></h3>
<table><tr><th>测点 <small>Point</small></th><th>监测参数 <small>Quantity</small></th><th>读数 <small>Value</small></th><th>有效性 <small>Quality</small></th><th>时间 <small>Time</small></th></tr>
${device.points.map(
  ({ id, quantity, unit, last }) =>
    html`<tr><td class="point">${id}</td><td>${quantity}</td><td class="value">${last?.value ?? EMPTY} ${last === null ? '' : unit}</td><td class="${last?.quality === 'good' ? 'good' : 'bad'}">${last === null ? '无数据 No data' : QUALITIES[last.quality]}${last?.code === undefined ? '' : ` (${last.code})`}</td><td>${time(last?.at)}</td></tr>`,
)}</table>
<h3>总线状况 <small>Bus health</small></h3>
${
  linkStatus === null
    ? html`<p class="bad">链路未打开 The link is not open.</p>`
    : table([
        [['状态', 'State'], STATES[linkStatus.state]],
        [['设备应答', 'Answers'], answering(device)],
        ...(linkStatus.error === undefined ? [] : [[['原因', 'Reason'], linkStatus.error] as const]),
        ...Object.entries(linkStatus.counters).map(([name, count]): Row => [['计数', name], count]),
      ])
}
<h3>联调测试 <small>End-to-end test</small></h3>
${device.walkTests.length === 0 ? html`<p class="bad">未做 Not done.</p>` : device.walkTests.slice(0, MOST_TESTS).map((test) => walkTestOf(test, time))}
<h3>未关闭告警 <small>Open alarms</small></h3>
${
  device.alarms.length === 0
    ? html`<p>无 None.</p>`
    : html`<table>${device.alarms.map(
        ({ title, level, point, raisedAt, acknowledged }) =>
          html`<tr><td>${title.zh} <small>${title.en}</small></td><td>${level === null ? '已恢复 Returned' : LEVELS[level]}</td><td class="point">${point}</td><td>${time(raisedAt)}</td><td>${acknowledged ? '已确认 Acknowledged' : '未确认 Not acknowledged'}</td></tr>`,
      )}</table>`
}
<h3>未证实事项 <small>Not proven</small></h3>
${missing.length === 0 ? html`<p class="good">无 None.</p>` : html`<ul class="bad">${missing.map(({ zh, en }) => html`<li>${zh} <small>${en}</small></li>`)}</ul>`}
${photosOf(device)}
</section>`;
}

const answering = ({ linkStatus, id }: ReportedDevice): string => {
  const found = linkStatus?.devices[id];
  if (found === undefined) return EMPTY;
  return `${found.answers ? '应答 Yes' : '不应答 No'}${found.code === undefined ? '' : ` (${found.code})`}`;
};

function registerRows({ asset }: ReportedDevice): Row[] {
  return ASSET_COLUMNS.filter(({ path }) => path[0] === 'asset').map(({ path, as, names }) => {
    const value = path
      .slice(1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], asset ?? {});
    return [[names[0], wordsOf(path.at(-1) ?? '')], encodeAssetField(as, value) || EMPTY];
  });
}

/** `installedOn` → `Installed on`. */
const wordsOf = (key: string): string => {
  const words = key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const walkTestOf = (test: WalkTest, time: Time): Html =>
  html`<table><tr><th colspan="4">${test.point} · ${test.rule ?? EMPTY} · ${MODES[test.mode ?? ''] ?? EMPTY} · ${time(test.startedAt)} · ${test.by ?? EMPTY} ·
<span class="${test.passed ? 'good' : 'bad'}">${test.passed ? '通过 Passed' : '未通过 Not passed'}</span> · #${test.sequence}</th></tr>
${test.steps.map(({ step, at, ok, detail }) => {
  const [kind = '', id] = step.split(/:(.*)/s);
  return html`<tr><td>${STEPS[kind] ?? kind}${id === undefined ? '' : ` ${id}`}</td><td class="${ok ? 'good' : 'bad'}">${ok ? '到达 Reached' : '未到达 Not reached'}</td><td>${time(at)}</td><td>${detail}</td></tr>`;
})}</table>`;

function photosOf({ photos, photoCount, name }: ReportedDevice): Html {
  if (photoCount === 0) return html``;
  const left = photoCount - photos.length;
  return html`<h3>照片 <small>Photos</small></h3><div class="photos">${photos.map(
    ({ type, base64 }, i) => html`<figure><img alt="${name} ${i + 1}" src="data:${type};base64,${base64}"></figure>`,
  )}</div>${left > 0 ? html`<p>另有 ${left} 张未附 ${left} more are not shown.</p>` : ''}`;
}
