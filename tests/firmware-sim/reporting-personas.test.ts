import { describe, expect, test } from 'vitest';
import type { Reading } from '../../drivers/reading.ts';
import { until } from '../tools/program.ts';
import { KINDS, runLink } from './link-kinds.ts';

interface Row {
  readonly kind: keyof typeof KINDS;
  readonly persona: string;
  /** What the driver says of the vicious device, and nothing else; null: nothing at all. */
  readonly says: string | number | null;
}

const MODELS = {
  mqtt: 'generic-tilt',
  lorawan: 'milesight-em500-swl',
  hj212: 'hj212-noise',
  http: 'generic-http-json',
};
const POINTS = { mqtt: 'tilt', lorawan: 'depth', hj212: 'la', http: 'depth' };
const VALUE = 61;
/** The value in the quantity's own unit: 61 mm are 6.1 cm. */
const TRUE = { mqtt: VALUE, lorawan: VALUE, hj212: VALUE, http: VALUE / 10 };

const ROWS: readonly Row[] = [
  { kind: 'mqtt', persona: 'works', says: TRUE.mqtt },
  { kind: 'mqtt', persona: 'slow', says: TRUE.mqtt },
  { kind: 'mqtt', persona: 'stuck', says: TRUE.mqtt },
  { kind: 'mqtt', persona: 'repeat', says: TRUE.mqtt },
  { kind: 'mqtt', persona: 'silent', says: null },
  { kind: 'mqtt', persona: 'wrong-unit', says: null },
  { kind: 'mqtt', persona: 'cut-off', says: 'bad payload' },
  { kind: 'mqtt', persona: 'corrupt', says: 'bad payload' },
  { kind: 'mqtt', persona: 'nonsense', says: 'bad payload' },
  { kind: 'mqtt', persona: 'exception', says: 'bad no-value' },
  { kind: 'lorawan', persona: 'works', says: TRUE.lorawan },
  { kind: 'lorawan', persona: 'repeat', says: TRUE.lorawan },
  { kind: 'lorawan', persona: 'corrupt', says: 'bad payload' },
  { kind: 'lorawan', persona: 'wrong-unit', says: null },
  { kind: 'lorawan', persona: 'silent', says: null },
  { kind: 'hj212', persona: 'works', says: TRUE.hj212 },
  { kind: 'hj212', persona: 'repeat', says: TRUE.hj212 },
  { kind: 'hj212', persona: 'echo', says: TRUE.hj212 },
  { kind: 'hj212', persona: 'corrupt', says: null },
  { kind: 'hj212', persona: 'nonsense', says: null },
  { kind: 'hj212', persona: 'wrong-unit', says: null },
  { kind: 'http', persona: 'works', says: TRUE.http },
  { kind: 'http', persona: 'repeat', says: TRUE.http },
  { kind: 'http', persona: 'wrong-unit', says: null },
  { kind: 'http', persona: 'nonsense', says: null },
];

const said = ({ value, quality, code }: Reading) =>
  quality === 'good' ? Math.round(Number(value) * 1e6) / 1e6 : `${quality} ${code}`;

/** One device with the vice, and one without; each kind says what it measures in its own unit. */
function pair(kind: keyof typeof MODELS, persona: string, more: object = {}) {
  const device = (vice: object) => ({
    profile: MODELS[kind],
    sim: { every: '200ms', delay: '300ms', values: { [POINTS[kind]]: VALUE }, ...vice },
    site: {},
  });
  return [device({ persona, ...more }), device({})];
}

describe.concurrent('vices of devices that report', () => {
  test.each(ROWS)('$kind: of a device that is $persona the driver says: $says', async ({ kind, persona, says }) => {
    if (kind === 'modbus-dial-in') throw new Error('that one is asked');
    await using heard = await runLink(KINDS[kind], pair(kind, persona));
    const of = (device: string) => heard.readings.filter(({ point }) => point === `${device}/${POINTS[kind]}`);
    const isHeard = () => (says === null ? of('d1').length >= 1 : of('d0').map(said).includes(says));
    await until(isHeard, `the reading of a device that is ${persona}`);
    expect(new Set(of('d0').map(said))).toEqual(new Set(says === null ? [] : [says]));
    await until(() => of('d1').map(said).includes(TRUE[kind]), 'its neighbour');
  });

  test('an MQTT device that drifts goes on from where it was', async () => {
    await using heard = await runLink(KINDS.mqtt, pair('mqtt', 'drifting', { drift: 600 }));
    const values = () => heard.readings.filter(({ point }) => point === 'd0/tilt').map(({ value }) => Number(value));
    await until(() => values().length >= 4, 'four readings');
    expect(values()).toEqual(values().toSorted((a, b) => a - b));
    expect(values().at(-1)).toBeGreaterThan(values()[0] ?? 0);
  });

  test('an MQTT device that boots anew signs in again, and tells how it is', async () => {
    const vice = { reboot: { every: '1s', down: '500ms' }, every: '10min' };
    await using heard = await runLink(KINDS.mqtt, pair('mqtt', 'reboot', vice));
    const told = () => heard.readings.filter(({ point }) => point === 'd0/tilt').map(said);
    // Its heartbeat is far off: each is of a sign-in.
    await until(() => told().length >= 3, 'three sign-ins');
    expect(new Set(told())).toEqual(new Set([TRUE.mqtt]));
  });

  test.each(['echo', 'busy'])('an MQTT device cannot be %s: it says so at once', async (persona) => {
    const refused = async () => {
      await using _ = await runLink(KINDS.mqtt, pair('mqtt', persona));
    };
    await expect(refused()).rejects.toThrow(`d0: ${persona} is no vice of a device that only reports`);
  });
});
