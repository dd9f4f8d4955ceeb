import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CODECS } from '../../../../drivers/mqtt/codecs/index.ts';
import { NETWORK_SERVERS, type NetworkServerName } from '../../../../drivers/mqtt/lorawan/index.ts';
import { type NetworkDevice, NetworkDevices } from '../../../../drivers/mqtt/lorawan/network-devices.ts';
import { Seen } from '../../../../drivers/mqtt/lorawan/seen.ts';
import { FakeClock } from '../../../tools/fake-clock.ts';
import { point } from '../open-link.ts';
import {
  APPLICATION,
  base64,
  chirpstackStatus,
  chirpstackTopic,
  chirpstackUp,
  DEV_EUI,
  TTS_TOPIC,
  ttsUp,
} from './messages.ts';

const named = (id: string, field: string, more: object = {}) => ({
  point: point('d', id, { source: { field }, ...more }),
  field,
});

const NETWORK = [named('signal', 'signal'), named('status', 'status-battery')];

const tilt: NetworkDevice = {
  id: 'd',
  devEui: DEV_EUI,
  application: undefined,
  codec: CODECS['milesight-em310-tilt'],
  points: [named('z', 'angle-z'), named('battery', 'battery'), ...NETWORK],
};

/** A link's devices and a way to give them messages of one kind of server. */
function open(device: NetworkDevice = tilt, name: NetworkServerName = 'chirpstack') {
  const clock = new FakeClock('2026-07-15T13:30:00Z');
  const devices = new NetworkDevices(NETWORK_SERVERS[name], [device], { clock, wire: clock });
  const send = (topic: string, message: unknown) => {
    const heard = devices.take(topic, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)));
    return heard?.read().map(({ point, value, code }) => `${point.slice(2)} ${value ?? code}`);
  };
  let count = 0;
  const up = (more: Record<string, unknown> = {}, missing: string[] = []) =>
    send(chirpstackTopic(), chirpstackUp({ deduplicationId: `id-${++count}`, ...more }, missing));
  return { clock, devices, send, up };
}

describe('what an uplink gives', () => {
  test('each point that it carries, and the level at the nearest gateway', () => {
    expect(open().up()).toEqual(['z 90', 'signal -71']);
    expect(open().up({ data: base64('01756403CF00000000282307') })).toEqual(['z 90', 'battery 100', 'signal -71']);
  });

  test('the time at which it was received goes with each', () => {
    const { devices } = open();
    const heard = devices.take(chirpstackTopic(), Buffer.from(JSON.stringify(chirpstackUp())));
    expect(heard?.read().map(({ deviceAt }) => deviceAt)).toEqual(
      Array(2).fill(Date.parse('2026-07-15T13:29:59.123Z')),
    );
  });

  test('a time that lies ahead is not taken: what comes after it must not be late', () => {
    const { devices } = open();
    const message = chirpstackUp({ time: '2038-01-01T00:00:00Z' });
    const heard = devices.take(chirpstackTopic(), Buffer.from(JSON.stringify(message)));
    expect(heard?.read().every(({ deviceAt }) => deviceAt === undefined)).toBe(true);
    expect(devices.counts.badUplinkTimes).toBe(1);
  });

  test('an uplink without data, or on no port, is heard and tells its level', () => {
    expect(open().up({}, ['data'])).toEqual(['signal -71']);
    expect(open().up({}, ['fPort'])).toEqual(['signal -71']);
    expect(open().up({}, ['data', 'fPort', 'fCnt', 'rxInfo'])).toEqual([]);
  });

  test('a broken payload gives bad readings of what it could have carried, and its level', () => {
    const { up, devices } = open();
    for (const data of ['03CF00', 'AABB', '03CF0000000028230799']) {
      expect(up({ data: base64(data) })).toEqual(['z payload', 'battery payload', 'signal -71']);
    }
    expect(up({ data: '***' })).toEqual(['z payload', 'battery payload', 'signal -71']);
    expect(devices.counts).toMatchObject({ uplinks: 4, badUplinks: 4 });
  });

  test('a port that the maker does not send data on is not read', () => {
    const smoke = open({
      ...tilt,
      codec: CODECS['netvox-ra02a'],
      points: [named('state', 'state', { states: { normal: 'normal', alarm: 'alarm' } })],
    });
    const data = base64('010A011E01010258000000');
    expect(smoke.up({ data, fPort: 6 })).toEqual(['state alarm']);
    expect(smoke.up({ data, fPort: 7 })).toEqual([]);
    expect(smoke.devices.counts).toMatchObject({ uplinks: 2, badUplinks: 0 });
  });

  test('values that the device kept come first, with their own times; one of the future is none', () => {
    const { clock, devices } = open({
      ...tilt,
      codec: CODECS['milesight-em500-swl'],
      points: [named('depth', 'depth')],
    });
    const seconds = clock.now() / 1000;
    const kept = (at: number, depth: number) => {
      const bytes = Buffer.from([0x20, 0xce, 0, 0, 0, 0, depth, 0]);
      bytes.writeUInt32LE(at, 2);
      return bytes.toString('hex');
    };
    const data = base64(`${kept(seconds - 7200, 10)}${kept(seconds - 3600, 11)}${kept(seconds + 86_400, 99)}03770C00`);
    const heard = devices.take(chirpstackTopic(), Buffer.from(JSON.stringify(chirpstackUp({ data }))));
    expect(
      heard?.read().map(({ value, deviceAt = 0 }) => [value, Math.round((deviceAt - clock.now()) / 1000)]),
    ).toEqual([
      [10, -7200],
      [11, -3600],
      [12, -1],
    ]);
    expect(devices.counts.badUplinkTimes).toBe(1);
  });

  test('what the device answered its network server', () => {
    const { send } = open();
    expect(send(chirpstackTopic(DEV_EUI, 'status'), chirpstackStatus())).toEqual(['status 76.5']);
    expect(send(chirpstackTopic(), chirpstackUp())).toEqual(['z 90', 'signal -71']);
  });

  test('The Things Stack', () => {
    const { send } = open(tilt, 'tts');
    expect(send(TTS_TOPIC, ttsUp())).toEqual(['z 90', 'signal -71']);
    expect(send(TTS_TOPIC, ttsUp())).toBeUndefined();
    // After a new start a device without a join counts from 0 again, in the same session.
    expect(send(TTS_TOPIC, ttsUp({ frm_payload: base64('03CF00000000000000') }, ['f_cnt']))).toEqual([
      'z 0',
      'signal -71',
    ]);
  });
});

describe('whose it is', () => {
  test('a copy is dropped, and after a new start the counter may begin anew', () => {
    const { up, devices } = open();
    expect(up({ deduplicationId: 'a', fCnt: 7 })).toHaveLength(2);
    expect(up({ deduplicationId: 'a', fCnt: 7 })).toBeUndefined();
    expect(up({ deduplicationId: 'b' }, ['fCnt'])).toHaveLength(2);
    expect(devices.counts).toMatchObject({ uplinks: 2, duplicates: 1 });
  });

  test('a device that is not of the site is told to the installer, once however often it speaks', () => {
    const { send, devices, clock } = open();
    const other = '24e124710cffffff';
    for (let n = 0; n < 3; n++) {
      expect(send(chirpstackTopic(other), chirpstackUp({ deviceInfo: { devEui: other } }))).toBeUndefined();
    }
    expect(devices.unknown()).toEqual([
      {
        id: other,
        firstAt: clock.now(),
        lastAt: clock.now(),
        count: 3,
        sample: `${APPLICATION}, port 85: 03cf00000000282307`,
      },
    ]);
  });

  test('of another application than the device’s, it is unknown too', () => {
    const own = open({ ...tilt, application: APPLICATION });
    expect(own.up()).toHaveLength(2);
    const foreign = open({ ...tilt, application: 'other' });
    expect(foreign.up()).toBeUndefined();
    expect(foreign.devices.unknown()).toHaveLength(1);
    expect(foreign.devices.filters).toEqual([
      'application/other/device/+/event/up',
      'application/other/device/+/event/status',
    ]);
  });

  test('a message that says another device than its topic, or nothing that can be read, is bad for the topic’s', () => {
    const { send, devices } = open();
    const bad = ['z payload', 'battery payload'];
    expect(send(chirpstackTopic(), chirpstackUp({ deviceInfo: { devEui: '24e124710cffffff' } }))).toEqual(bad);
    expect(send(chirpstackTopic(), '{')).toEqual(bad);
    expect(send(chirpstackTopic(), '')).toEqual(bad);
    expect(send(chirpstackTopic('24e124710cffffff'), '{')).toBeUndefined();
    expect(send('v3/x/devices/y/up', ttsUp())).toBeUndefined();
    expect(devices.counts.badEnvelopes).toBe(4);
  });

  test.each(['chirpstack', 'tts'] as const)('%s: no message of whatever kind makes it throw', (name) => {
    const { send } = open(tilt, name);
    const message = name === 'tts' ? ttsUp() : chirpstackUp();
    const keys = Object.keys(message);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.anything(), fc.json(), (key, value, text) => {
        const topic = name === 'tts' ? TTS_TOPIC : chirpstackTopic();
        const seen = send(topic, text);
        const spoilt = JSON.stringify({ ...message, [key]: value }, (_, each) =>
          typeof each === 'bigint' ? `${each}` : each,
        );
        send(topic, spoilt);
        expect(seen?.some((line) => /^z -?\d/.test(line)) ?? false).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

test('messages that were seen are remembered for a while, and only so many', () => {
  const seen = new Seen(3, 1000);
  expect(['a', 'b', 'c', 'a'].map((key) => seen.isNew(key, 0))).toEqual([true, true, true, false]);
  expect(seen.isNew('d', 1)).toBe(true);
  expect(seen.size).toBe(3);
  expect(seen.isNew('a', 2)).toBe(true);
  expect(seen.isNew('c', 999)).toBe(false);
  expect(seen.isNew('c', 1000)).toBe(true);
  expect(seen.size).toBe(3);
});
