import { expect, test } from 'vitest';
import { CODECS, type CodecName } from '../../../drivers/mqtt/codecs/index.ts';
import { type LorawanDevice, type LorawanPersona, runLorawanDevices } from '../../../firmware-sim/lorawan/devices.ts';
import { ENCODERS, encode } from '../../../firmware-sim/lorawan/encode.ts';
import type { NetworkServerName } from '../../../firmware-sim/lorawan/network-server.ts';
import { openSimTime } from '../../../firmware-sim/sim-time.ts';
import { openLink, tiltDevice } from '../../drivers/mqtt/open-link.ts';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { testWith, until } from '../../tools/program.ts';

const EUI = '24e124710c123456';
const EVERY_MS = 40;

/** A cover that leans one degree more with each uplink. */
function cover(persona: LorawanPersona): LorawanDevice {
  const begunAt = Date.now();
  return {
    id: 'cover-3',
    devEui: EUI,
    model: 'milesight-em310-tilt',
    persona,
    delayMs: 200,
    nextAt: (at) => at + EVERY_MS,
    fieldsAt: (at) => ({ 'angle-z': Math.floor((at - begunAt) / EVERY_MS), battery: 90 }),
  };
}

test('every codec has a simulated device, whose bytes it reads as they were meant', () => {
  expect(Object.keys(ENCODERS).sort()).toEqual(Object.keys(CODECS).sort());
  const meant = {
    distance: 1800,
    depth: 12,
    temperature: -4.5,
    battery: 77,
    level: 61.5,
    'angle-z': -12.34,
    gas: 1,
    state: 'alarm',
  };
  for (const name of Object.keys(CODECS) as CodecName[]) {
    const own = Object.fromEntries(Object.entries(meant).filter(([field]) => field in CODECS[name].fields));
    if (name === 'milesight-gs524n') Object.assign(own, { state: 1, temperature: -4 });
    if (name === 'dragino-ldds75') delete own.temperature;
    expect(CODECS[name].decode(encode(name, own))?.at(-1)?.fields, name).toMatchObject(own);
  }
});

/** What comes of a persona at the gateway, once `enough`. */
const personas: readonly [LorawanPersona, NetworkServerName, string, (seen: Seen) => boolean][] = [
  ['works', 'chirpstack', 'is read', ({ good }) => good > 3],
  ['works', 'tts', 'is read', ({ good }) => good > 3],
  ['slow', 'chirpstack', 'is read, with the time at which it was heard', ({ good, late }) => good > 3 && late >= 150],
  [
    'corrupt',
    'chirpstack',
    'gives bad values only',
    ({ good, bad, count }) => good === 0 && bad > 3 && count('badUplinks') > 1,
  ],
  [
    'nonsense',
    'chirpstack',
    'gives bad values only',
    ({ good, bad, count }) => good === 0 && bad > 8 && count('badEnvelopes') > 1,
  ],
  ['nonsense', 'tts', 'gives bad values only', ({ good, bad }) => good === 0 && bad > 3],
  ['wrong-unit', 'chirpstack', 'is unknown', ({ good, count }) => good === 0 && count('unknownDevices') > 2],
  ['reboot', 'tts', 'is read on', ({ good, count }) => good > 8 && count('duplicates') === 0],
  ['stuck', 'chirpstack', 'says the same', ({ good, values }) => good > 3 && values === 1],
  ['duplicate', 'chirpstack', 'is taken once', ({ good, count }) => good > 3 && count('duplicates') > 2],
  ['duplicate', 'tts', 'is taken once', ({ good, count }) => good > 3 && count('duplicates') > 2],
];

interface Seen {
  readonly good: number;
  readonly bad: number;
  /** Different good values. */
  readonly values: number;
  /** Milliseconds from when the last was heard by radio until it came. */
  readonly late: number;
  count(name: string): number;
}

testWith('mosquitto')('each persona of a simulated device, over a real broker', async () => {
  await using broker = await openMosquitto();
  const url = `mqtt://127.0.0.1:${broker.port}`;
  await Promise.all(
    personas.map(async ([persona, server, is, isEnough], index) => {
      const application = `street-${index}`;
      await using air = await openLink({ url, server }, [tiltDevice('cover-3', EUI, { application })]);
      await until(() => air.link.status().state === 'up', 'the connection');
      const stop = new AbortController();
      const now = Date.now();
      const ran = runLorawanDevices(
        [cover(persona)],
        { url, server, application },
        openSimTime(now, now, 1),
        stop.signal,
      );
      const look = (): Seen => {
        const own = air.readings.filter(({ point }) => point === 'cover-3/z');
        const good = own.filter(({ quality }) => quality === 'good');
        const values = new Set(good.map(({ value }) => value));
        const last = good.at(-1);
        const late = last?.deviceAt === undefined ? 0 : last.at - last.deviceAt;
        return { good: good.length, bad: own.length - good.length, values: values.size, late, count: air.count };
      };
      await until(() => isEnough(look()), `${persona} behind ${server}, which ${is}: ${JSON.stringify(look())}`);
      // Of a value that came twice none is taken twice.
      const times = air.readings
        .filter(({ point, quality }) => point === 'cover-3/z' && quality === 'good')
        .map(({ deviceAt }) => deviceAt);
      expect(new Set(times).size).toBe(times.length);
      stop.abort();
      await ran;
    }),
  );
});
