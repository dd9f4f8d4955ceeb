import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeEvent, encodeLine, encodeReading, encodeSummary } from '../../../gateway/upstream/influx-line.ts';
import type { SentPoint } from '../../../gateway/upstream/upstream.ts';

/** What a line says, by a reader of its own (InfluxDB 1.x, "Line protocol reference"). */
function parse(line: string): { measurement: string; tags: Record<string, string>; fields: string[]; at: number } {
  const parts: string[] = [''];
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] ?? '';
    if (character === '\\') {
      parts[parts.length - 1] += character + (line[++i] ?? '');
      continue;
    }
    // Quotes have a meaning among the fields only.
    if (character === '"' && parts.length === 2) isQuoted = !isQuoted;
    if (character === ' ' && !isQuoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  expect(parts).toHaveLength(3);
  const [head = '', fields = '', at = ''] = parts;
  const plain = (text: string) => text.replace(/\\([,= ])/g, '$1');
  const [measurement = '', ...tags] = head.split(/(?<!\\),/);
  const pairs = tags.map((tag) => tag.split(/(?<!\\)=/).map(plain) as [string, string]);
  return { measurement: plain(measurement), tags: Object.fromEntries(pairs), fields: [fields], at: Number(at) };
}

const point: SentPoint = {
  key: 'noise-07/la',
  device: 'noise-07',
  id: 'la',
  quantity: 'noise.la',
  scene: 'construction',
  place: { grid: 'JS-03' },
};
const AT = 1_784_125_800_000;
const TAGS = 'gateway=nh-1,device=noise-07,point=la,quantity=noise.la,scene=construction,grid=JS-03';

describe('a line', () => {
  const rows: [what: string, line: string | undefined, expected: string | undefined][] = [
    [
      'a good reading',
      encodeReading('nh-1', { point: point.key, value: 57.1, at: AT, quality: 'good' }, point),
      `gengfu_reading,${TAGS} value=57.1,ok=1 ${AT}`,
    ],
    [
      'a bad one without a value, of a point that the site has no more',
      encodeReading('nh-1', { point: 'old/x', value: null, at: AT, quality: 'bad', code: 'no-answer' }, undefined),
      `gengfu_reading,gateway=nh-1,device=old,point=x ok=0,code="no-answer" ${AT}`,
    ],
    [
      'a state is a text of its own field, so that no field changes its type',
      encodeReading('nh-1', { point: point.key, value: 'alarm', at: AT, quality: 'good' }, point),
      `gengfu_reading,${TAGS} state="alarm",ok=1 ${AT}`,
    ],
    [
      'a late one is of its own time',
      encodeReading('nh-1', { point: 'd/p', value: 1, at: AT, quality: 'good', deviceAt: 5000, late: true }, undefined),
      'gengfu_reading,gateway=nh-1,device=d,point=p value=1,ok=1 5000',
    ],
    [
      'a minute of noise',
      encodeSummary(
        'nh-1',
        { point: point.key, from: AT, state: null, count: 60, good: 45, min: 50, max: 70.1, mean: 60, leq: 64.5 },
        point,
      ),
      `gengfu_minute,${TAGS} min=50,max=70.1,mean=60,leq=64.5,count=60,valid=0.75 ${AT}`,
    ],
    [
      'a minute of a state',
      encodeSummary(
        'nh-1',
        { point: 'd/p', from: AT, state: 'alarm', count: 3, good: 3, min: null, max: null, mean: null, leq: null },
        undefined,
      ),
      `gengfu_minute,gateway=nh-1,device=d,point=p,state=alarm count=3 ${AT}`,
    ],
    [
      'what is not finite is left out, and a tag that is empty',
      encodeLine('m', { a: '', b: 'x', c: null }, { x: Number.NaN, y: Number.POSITIVE_INFINITY, z: 1 }, AT),
      `m,b=x z=1 ${AT}`,
    ],
    ['nothing to say is no line', encodeLine('m', { a: 'x' }, { x: Number.NaN, y: undefined, z: null }, AT), undefined],
    [
      'an entry of the log is a mark on a chart',
      encodeEvent(
        'nh-1',
        JSON.stringify({
          type: 'city.gengfu.alarm.raised',
          subject: 'd/p/r',
          time: '2026-07-15T22:30:00.000+08:00',
          sequence: '7',
          data: {
            device: 'd',
            point: 'p',
            rule: 'r',
            level: 'red',
            value: 65,
            reason: null,
            title: { zh: '夜间 "施工"' },
          },
        }),
      ),
      `gengfu_event,gateway=nh-1,type=city.gengfu.alarm.raised,device=d,point=p,rule=r sequence=7,title="夜间 \\"施工\\"",level="red",value=65 ${AT}`,
    ],
  ];
  test.each(rows)('%s', (_, line, expected) => {
    expect(line).toBe(expected);
  });
});

const wild = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab,= "\\\n\r\t\0\u007f\u0085\u2028夜'.split('')), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('x\nhacked,device=all value=1 1', 'x\\', 'x,quantity=other', 'x value=9 1\n', '\\\\,'),
);

describe('whatever names and texts there are', () => {
  test('there is one line, and no tag, field or line that nobody wrote', () => {
    fc.assert(
      fc.property(wild, wild, wild, wild, (device, scene, state, code) => {
        const sent = { ...point, device, scene, id: 'la', place: { grid: scene } };
        const reading = { point: 'a/b', value: state, at: AT, quality: 'bad' as const, code };
        const line = encodeReading('nh-1', reading, sent) ?? '';
        expect(line).not.toMatch(/\p{Cc}/u);
        const { measurement, tags, fields, at } = parse(line);
        expect([measurement, at]).toEqual(['gengfu_reading', AT]);
        const named = { gateway: 'nh-1', device, point: 'la', quantity: 'noise.la', scene, grid: scene };
        const cleaned = Object.entries(named).filter(([, value]) => value !== '');
        const clean = (text: string) => text.replace(/\p{Cc}/gu, '_').replaceAll('\\', '_');
        expect(tags).toEqual(Object.fromEntries(cleaned.map(([name, value]) => [name, clean(value)])));
        const quoted = (text: string) =>
          text
            .replace(/\p{Cc}/gu, '_')
            .replaceAll('\\', '\\\\')
            .replaceAll('"', '\\"');
        expect(fields).toEqual([`state="${quoted(state)}",ok=0,code="${quoted(code)}"`]);
      }),
      { numRuns: 500 },
    );
  });
});
