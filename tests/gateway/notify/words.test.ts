import { expect, test } from 'vitest';
import type { AlarmData } from '../../../gateway/alarms/alarm-event.ts';
import { type Saying, say } from '../../../gateway/notify/words.ts';
import { answered, at, NOISE, SMOKE, someData, ZONE } from './a-roll.ts';

const NAMES: Readonly<Record<string, string>> = {
  'water-02': '南溪路下穿通道积水',
  'noise-07': '中山路 7 号工地噪声',
  'smoke-12': '建设新村 3 幢 201 室, 独居老人',
  'cover-33': '勤俭路通信井盖',
  'fume-03': '月河街烧烤店油烟',
};
const sayingOf = (device: string, more: Partial<Saying> = {}): Saying => ({
  language: 'zh',
  zone: ZONE,
  step: 'raised',
  isGroup: false,
  repeated: false,
  deviceName: NAMES[device] ?? device,
  ...more,
});
const said = (
  step: string,
  more: Partial<AlarmData>,
  saying: Partial<Saying> = {},
  time = '2026-07-16T00:06:20.000+08:00',
) => {
  const data = someData(more);
  return say({ type: `city.gengfu.alarm.${step}`, time, data: { ...data } }, sayingOf(data.device, saying));
};

const RED = { level: 'red', value: 30.7, limit: 30 } as const;
const COVER = {
  device: 'cover-33',
  quantity: 'tilt.angle',
  scene: 'cover',
  unit: 'deg',
  value: 85,
  level: 'red',
  title: { zh: '井盖倾斜', en: 'Cover tilted' },
  place: { grid: 'JS-04', at: null },
} as const;
const FUME = {
  device: 'fume-03',
  quantity: 'fume.concentration',
  scene: 'kitchen',
  unit: 'mg/m3',
  value: 2.23,
  level: 'yellow',
  title: { zh: '油烟超标', en: 'Fume over the limit' },
} as const;

/** What stands there is what people get. */
const GOLDEN: readonly (readonly [string, Partial<AlarmData>, Partial<Saying>, string])[] = [
  [
    'raised',
    RED,
    { step: 'unreached:2' },
    '【红色】【升级】南溪路下穿通道积水 30 cm，前一级人员均未接通，00:06 JS-07。积水。',
  ],
  [
    'level-changed',
    { ...RED, previousLevel: 'orange' },
    {},
    '【红色】南溪路下穿通道积水 30 cm，由橙色升级，00:06 JS-07。积水。',
  ],
  [
    'level-changed',
    { ...RED, previousLevel: 'orange' },
    { language: 'en', deviceName: 'Nanxi underpass' },
    '[Red] Nanxi underpass water 30 cm, was orange, 00:06 JS-07. Waterlogging.',
  ],
  [
    'raised',
    NOISE,
    {},
    '【黄色】中山路 7 号工地噪声 超标 6.2 dB（61.2 dB），未查到报备，00:06 JS-03。夜间施工噪声超标。依据：GB 12523—2025。',
  ],
  [
    'raised',
    { ...NOISE, permit: { id: 'bg-1', status: 'granted' } },
    { permitTo: at('02:00:00', '2026-07-16') },
    '【黄色】中山路 7 号工地噪声 超标 6.2 dB（61.2 dB），已报备至 02:00，00:06 JS-03。夜间施工噪声超标。依据：GB 12523—2025。',
  ],
  [
    'raised',
    { ...NOISE, permit: { id: 'bg-1', status: 'expired' } },
    {},
    '【黄色】中山路 7 号工地噪声 超标 6.2 dB（61.2 dB），报备已到期，00:06 JS-03。夜间施工噪声超标。依据：GB 12523—2025。',
  ],
  [
    'raised',
    { ...NOISE, permit: { id: 'bg-1', status: 'revoked' } },
    { language: 'en', deviceName: 'Zhongshan Rd 7' },
    '[Yellow] Zhongshan Rd 7 over by 6.2 dB (61.2 dB), filing revoked, 00:06 JS-03. Construction noise over the night limit. Basis: GB 12523—2025.',
  ],
  ['raised', SMOKE, {}, '【红色】建设新村 3 幢 201 室, 独居老人 火警，00:06 JS-01。火警。'],
  ['raised', SMOKE, { isGroup: true }, '【红色】建设新村 3 幢 ***室 火警，00:06 JS-01。火警。'],
  [
    'raised',
    { ...SMOKE, exercise: 'drill' },
    {},
    '【演练】【红色】建设新村 3 幢 201 室, 独居老人 火警，00:06 JS-01。火警。',
  ],
  [
    'raised',
    { ...RED, exercise: 'test' },
    { repeated: true },
    '【测试】【重复】【红色】南溪路下穿通道积水 30 cm，00:06 JS-07。积水。',
  ],
  [
    'raised',
    { ...COVER, response: answered({ due: '2026-07-16T00:11:20.000+08:00' }) },
    {},
    '【红色】勤俭路通信井盖 倾角 85°，00:11前确认，00:06 JS-04。井盖倾斜。',
  ],
  [
    'raised',
    FUME,
    { step: 'reminder', putRightBy: at('00:21:00', '2026-07-16') },
    '【黄色】【提醒】月河街烧烤店油烟 2.2 mg/m³，请于00:21前自行整改，00:06 JS-07。油烟超标。',
  ],
  [
    'raised',
    FUME,
    { step: 'reminder', language: 'en', deviceName: 'Grill' },
    '[Yellow][Reminder] Grill fume 2.2 mg/m³, put it right yourself now, 00:06 JS-07. Fume over the limit.',
  ],
  [
    'raised',
    {
      ...NOISE,
      quantity: 'water.depth',
      scene: 'underpass',
      device: 'water-02',
      measure: 'rate 5min',
      unit: 'cm',
      value: 1.811,
      excess: null,
      basis: null,
    },
    {},
    '【黄色】南溪路下穿通道积水 上涨 1.8 cm/min，00:06 JS-03。夜间施工噪声超标。',
  ],
  [
    'raised',
    { again: true, follows: '0198' },
    {},
    '【橙色】南溪路下穿通道积水 25 cm，再次告警，00:06 JS-07。积水。前次告警关闭后再次发生。',
  ],
  [
    'escalated',
    { ...NOISE, response: answered({ late: 'acknowledge', tier: 2, waitsFor: 'acknowledge' }) },
    {},
    '【黄色】【超时升级】中山路 7 号工地噪声 超标 6.2 dB（61.2 dB），超时未确认，未查到报备，00:06 JS-03。夜间施工噪声超标。依据：GB 12523—2025。',
  ],
  [
    'dispatched',
    {
      ...RED,
      note: '联系 13812345678',
      by: '李娜',
      response: answered({ to: '排水班', waitsFor: 'arrive', due: '2026-07-16T00:21:20.000+08:00' }),
    },
    {},
    '【红色】【派单】南溪路下穿通道积水 30 cm，00:21前到场，联系 13812345678，00:06 JS-07。积水。已派：排水班。操作：李娜。',
  ],
  [
    'dispatched',
    {
      ...RED,
      note: '联系 13812345678',
      by: '李娜',
      response: answered({ to: '排水班', waitsFor: 'arrive', due: '2026-07-16T00:21:20.000+08:00' }),
    },
    { isGroup: true },
    '【红色】【派单】南溪路下穿通道积水 30 cm，00:21前到场，联系 138****5678，00:06 JS-07。积水。已派：排水班。操作：李*。',
  ],
  [
    'dispatched',
    { ...RED, note: '联系 138 1234 5678 或 +86-138-1234-5678', response: answered({ to: '李娜' }) },
    { isGroup: true, isPerson: (name) => name === '李娜', card: ['封闭：王强 13987654321'] },
    '【红色】【派单】南溪路下穿通道积水 30 cm，联系 138****5678 或 +86-138****5678，00:06 JS-07。积水。已派：李*。封闭：王强 139****4321。',
  ],
  [
    'dispatched',
    { ...RED, response: answered({ to: '李娜' }) },
    { isPerson: (name) => name === '李娜' },
    '【红色】【派单】南溪路下穿通道积水 30 cm，00:06 JS-07。积水。已派：李娜。',
  ],
  [
    'refused',
    { ...RED, note: '人手不足', response: answered({ waitsFor: 'dispatch' }) },
    {},
    '【红色】【退单】南溪路下穿通道积水 30 cm，人手不足，00:06 JS-07。积水。',
  ],
  [
    'verified',
    { ...RED, note: '仍有积水', reason: 'failed', response: answered({ to: '排水班' }) },
    {},
    '【红色】【返工】南溪路下穿通道积水 30 cm，复核不通过，仍有积水，00:06 JS-07。积水。已派：排水班。',
  ],
  [
    'returned',
    { level: null, previousLevel: 'red', condition: 'normal', value: 1.6 },
    {},
    '【恢复】南溪路下穿通道积水 恢复正常，00:06 JS-07。积水。',
  ],
  [
    'raised',
    { ...RED },
    { card: ['封闭：南北入口由排水班负责', '泵车：中环南路泵站'] },
    '【红色】南溪路下穿通道积水 30 cm，00:06 JS-07。积水。封闭：南北入口由排水班负责。泵车：中环南路泵站。',
  ],
];

test.each(GOLDEN)('%s %#', (step, more, saying, expected) => {
  expect(said(step, more, saying).text).toBe(expected);
});

test('the first short message holds all that counts', () => {
  for (const [step, more, saying] of GOLDEN) {
    if (saying.language === 'en') continue;
    const { text } = said(step, more, saying);
    const facts = text.slice(0, text.indexOf('。'));
    expect(facts.length, facts).toBeLessThanOrEqual(70);
  }
});

test('an exercise cannot be mistaken in any form, whatever the step', () => {
  for (const [step, more, saying] of GOLDEN) {
    const { title, text, speech } = said(step, { ...more, exercise: 'drill' }, saying);
    const mark = saying.language === 'en' ? 'DRILL' : '演练';
    expect([title.includes(mark), text.slice(1).startsWith(mark), speech.startsWith(mark)]).toEqual([true, true, true]);
  }
});

test('what is spoken is short and says how to answer', () => {
  expect(said('level-changed', { ...RED, previousLevel: 'orange' }).speech).toBe(
    '红色，南溪路下穿通道积水 30 cm，由橙色升级。收到请按1',
  );
});

test.each([
  ['raised', 'zh', '【红色】告警存证账本无法写盘，00:06。'],
  ['raised', 'en', '[Red] The alarm ledger cannot be written to disk, 00:06.'],
  ['returned', 'zh', '【恢复】告警存证账本无法写盘 恢复正常，00:06。'],
] as const)('an alarm of the gateway itself says what is wrong, %s in %s', (step, language, expected) => {
  const own = {
    ...{ rule: 'gengfu.ledger', device: 'gateway', point: 'ledger', quantity: 'ledger.durable', value: 'failing' },
    ...{ unit: null, scene: null, place: { grid: null, at: null }, measure: 'state' },
    title: { zh: '告警存证账本无法写盘', en: 'The alarm ledger cannot be written to disk' },
  };
  const level = step === 'raised' ? 'red' : null;
  expect(
    said(step, { ...own, level, condition: level === null ? 'normal' : 'active' }, { language, deviceName: '' }).text,
  ).toBe(expected);
});

test.each([
  [
    'opened',
    'incident-opened',
    { acknowledged: false, response: answered({ due: '2026-07-16T00:11:20.000+08:00' }) },
    '【黄色】【合并告警】共 12 条告警，00:11前确认，首出：depth。',
  ],
  [
    'escalated',
    'incident-escalated:2:acknowledge',
    { response: answered({ tier: 2, late: 'acknowledge' }) },
    '【黄色】【超时升级】【合并告警】共 12 条告警，超时未确认，首出：depth。',
  ],
  [
    'escalated',
    'incident-escalated:2:dispatch',
    { response: answered({ tier: 2, late: 'dispatch' }) },
    '【黄色】【超时升级】【合并告警】共 12 条告警，超时未派单，首出：depth。',
  ],
  ['opened', 'incident-unreached', {}, '【黄色】【升级】【合并告警】共 12 条告警，前一级人员均未接通，首出：depth。'],
  [
    'closed',
    'incident-closed',
    { level: null, acknowledged: false },
    '【合并告警结束】共 12 条告警，尚有告警未确认，首出：depth。',
  ],
  [
    'escalated',
    'incident-escalated:2:acknowledge',
    { exercise: 'drill', response: answered({ tier: 2, late: 'acknowledge' }) },
    '【演练】【黄色】【超时升级】【合并告警】共 12 条告警，超时未确认，首出：depth。',
  ],
])('of an incident that is %s (%s) people are told what is asked of them', (type, step, more, expected) => {
  const event = {
    type: `city.gengfu.incident.${type}`,
    time: '2026-07-16T00:06:20.000+08:00',
    data: { level: 'yellow', count: 12, firstOut: { subject: 'depth' }, ...more },
  };
  const said = say(event, { language: 'zh', zone: ZONE, step, isGroup: false, repeated: false, deviceName: '' });
  expect(said.text).toBe(expected);
  expect(said.speech).toMatch(/收到请按1$/);
});

test.each(
  (['zh', 'en'] as const).flatMap((language) =>
    [
      ...['raised', 'level-changed', 'escalated', 'dispatched', 'refused', 'verified', 'returned'].map(
        (step) => ['alarm', step, language] as const,
      ),
      ...['opened', 'changed', 'escalated', 'closed'].map((step) => ['incident', step, language] as const),
    ].flatMap((each) => [[...each, 'drill'] as const, [...each, 'test'] as const]),
  ),
)(
  'of an exercise %s.%s begins with that in %s (%s), as text, title and speech, also repeated',
  (what, step, language, exercise) => {
    const data = { ...someData({ ...SMOKE, exercise, response: answered({ to: 'drainage' }) }), count: 12 };
    const event = { type: `city.gengfu.${what}.${step}`, time: '2026-07-16T00:06:20.000+08:00', data };
    for (const asks of [step, 'reminder', 'unreached:2']) {
      const more = { language, zone: ZONE, step: asks, isGroup: false, repeated: true, deviceName: 'x' };
      const { title, text, speech } = say(event, { ...more, card: ['封闭'] });
      const word = { zh: { drill: '演练', test: '测试' }, en: { drill: 'DRILL', test: 'TEST' } }[language][exercise];
      const mark = language === 'zh' ? `【${word}】` : `[${word}]`;
      expect([title.slice(0, mark.length), text.slice(0, mark.length), speech.slice(0, word.length)]).toEqual([
        mark,
        mark,
        word,
      ]);
    }
  },
);

test('an incident names the first of its alarms as people know it, in a group without the flat', () => {
  const data = { level: 'red', count: 37, firstOut: { subject: 'smoke-12/state/smoke' } };
  const incident = (isGroup: boolean) =>
    say(
      { type: 'city.gengfu.incident.opened', time: '2026-07-16T00:06:20.000+08:00', data },
      sayingOf('smoke-12', { isGroup }),
    ).text;
  expect(incident(false)).toBe('【红色】【合并告警】共 37 条告警，首出：建设新村 3 幢 201 室, 独居老人。');
  expect(incident(true)).toBe('【红色】【合并告警】共 37 条告警，首出：建设新村 3 幢 ***室。');
});

test('many alarms in one message', () => {
  const data = { level: 'red', count: 37, firstOut: { subject: 'mains/state/mains-lost' } };
  const incident = (language: 'zh' | 'en') =>
    say(
      { type: 'city.gengfu.incident.opened', time: '2026-07-16T00:06:20.000+08:00', data },
      sayingOf('', { language }),
    ).text;
  expect(incident('zh')).toBe('【红色】【合并告警】共 37 条告警，首出：mains/state/mains-lost。');
  expect(incident('en')).toBe('[Red][Incident] 37 alarms, first: mains/state/mains-lost.');
});
