import { describe, expect, test } from 'vitest';
import { chirpstack } from '../../../../drivers/mqtt/lorawan/chirpstack.ts';
import { tts } from '../../../../drivers/mqtt/lorawan/tts.ts';
import { bestOf, parseBase64 } from '../../../../drivers/mqtt/lorawan/uplink.ts';
import { APPLICATION, chirpstackStatus, chirpstackTopic, chirpstackUp, DEV_EUI, TTS_TOPIC, ttsUp } from './messages.ts';

const TILT = Buffer.from('03CF00000000282307', 'hex');

describe('ChirpStack v4', () => {
  const up = (more?: Record<string, unknown>, missing?: string[]) =>
    chirpstack.parseMessage('up', chirpstackUp(more, missing));

  test('an uplink: who, what, when, on which port, and how loud at the nearest gateway', () => {
    expect(up()).toEqual({
      devEui: DEV_EUI,
      once: 'up 3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
      fPort: 85,
      payload: TILT,
      time: '2026-07-15T13:29:59.123456789+00:00',
      radio: { rssi: -71, snr: 9.5 },
    });
  });

  test.each<[string, Record<string, unknown>, string[], object]>([
    ['fields that are zero are left out', {}, ['fCnt', 'fPort', 'dr', 'adr', 'confirmed'], { fPort: 0, payload: TILT }],
    ['no data', {}, ['data'], { payload: undefined }],
    ['data that is no base64', { data: '03CF*' }, [], { payload: null }],
    ['data without its padding', { data: 'A88AAAAAKCM' }, [], { payload: null }],
    ['data longer than any uplink', { data: 'AAAA'.repeat(100) }, [], { payload: null }],
    ['no gateway', {}, ['rxInfo'], { radio: undefined }],
    ['no time', {}, ['time'], { time: undefined }],
    [
      'a gateway whose clock is days behind: the server’s own time',
      { rxInfo: [{ rssi: -70, nsTime: '2026-07-18T13:30:00Z' }] },
      [],
      { time: '2026-07-18T13:30:00Z' },
    ],
    [
      'a gateway whose clock is right: its own time',
      { rxInfo: [{ rssi: -70, nsTime: '2026-07-15T13:30:00Z' }] },
      [],
      { time: '2026-07-15T13:29:59.123456789+00:00' },
    ],
    ['capital letters', { deviceInfo: { devEui: DEV_EUI.toUpperCase() } }, [], { devEui: DEV_EUI }],
  ])('%s', (_, more, missing, expected) => {
    expect(up(more, missing)).toMatchObject(expected);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['no device', chirpstackUp({}, ['deviceInfo'])],
    ['no id', chirpstackUp({}, ['deduplicationId'])],
    ['a DevEUI of another length', chirpstackUp({ deviceInfo: { devEui: '24e1' } })],
    ['a port that is none', chirpstackUp({ fPort: 300 })],
    ['data that is no text', chirpstackUp({ data: 7 })],
    ['v3 of ChirpStack', { applicationID: '1', devEUI: 'JOEkcQwSNFY=', data: 'AAA=' }],
  ])('%s is none of its uplinks', (_, message) => {
    expect(chirpstack.parseMessage('up', message)).toBeUndefined();
  });

  test.each<[string, Record<string, unknown>, number | undefined]>([
    ['its battery', {}, 76.5],
    ['an empty battery, which is left out', { batteryLevel: undefined }, 0],
    ['no battery known', { batteryLevelUnavailable: true, batteryLevel: undefined }, undefined],
    ['mains', { externalPowerSource: true, batteryLevel: undefined }, undefined],
  ])('a status: %s', (_, more, battery) => {
    const found = chirpstack.parseMessage('status', JSON.parse(JSON.stringify(chirpstackStatus(more))));
    expect(found).toMatchObject({ devEui: DEV_EUI, fPort: 0, payload: undefined });
    expect(found?.battery).toBe(battery);
    expect(found?.once).not.toBe(up()?.once);
  });

  test.each([
    [chirpstackTopic(), { application: APPLICATION, devEui: DEV_EUI, event: 'up' }],
    [chirpstackTopic(DEV_EUI.toUpperCase(), 'status'), { application: APPLICATION, devEui: DEV_EUI, event: 'status' }],
    [chirpstackTopic(DEV_EUI, 'join'), undefined],
    [chirpstackTopic('24e1'), undefined],
    [`${chirpstackTopic()}/x`, undefined],
    [`application/${APPLICATION}/device/${DEV_EUI}/command/down`, undefined],
  ])('topic %s', (topic, expected) => {
    expect(chirpstack.parseTopic(topic)).toEqual(expected);
  });
});

describe('The Things Stack v3', () => {
  const up = (more?: Record<string, unknown>, missing?: string[]) => tts.parseMessage('up', ttsUp(more, missing));

  test('an uplink', () => {
    expect(up()).toMatchObject({
      devEui: DEV_EUI,
      fPort: 85,
      payload: TILT,
      time: '2026-07-15T13:29:59.123456789Z',
      radio: { rssi: -71, snr: 9.5 },
    });
  });

  test('copies of one message are known, and another counter, session or content is another message', () => {
    const once = up()?.once;
    expect(up()?.once).toBe(once);
    expect(up({ rx_metadata: [] })?.once).toBe(once);
    expect(up({ f_cnt: 13 })?.once).not.toBe(once);
    expect(up({ session_key_id: 'other' })?.once).not.toBe(once);
    expect(up({ frm_payload: 'AXVk' })?.once).not.toBe(once);
  });

  test('fields that are zero or empty are left out', () => {
    expect(up({}, ['f_cnt', 'f_port', 'frm_payload', 'rx_metadata'])).toMatchObject({ fPort: 0, payload: undefined });
    expect(up({ last_battery_percentage: { f_cnt: 3, value: 76.5 } })?.battery).toBe(76.5);
    expect(up({ last_battery_percentage: { f_cnt: 3 } })?.battery).toBe(0);
  });

  test.each<[string, unknown]>([
    ['nothing', null],
    ['a join', { end_device_ids: ttsUp().end_device_ids, join_accept: {} }],
    ['no DevEUI', { ...ttsUp(), end_device_ids: { device_id: 'cover-3' } }],
  ])('%s is none of its uplinks', (_, message) => {
    expect(tts.parseMessage('up', message)).toBeUndefined();
  });

  test.each([
    [TTS_TOPIC, { application: 'covers@ttn', event: 'up' }],
    ['v3/covers/devices/cover-3/up', { application: 'covers', event: 'up' }],
    ['v3/covers@ttn/devices/cover-3/join', undefined],
    ['v3/covers@ttn/devices/cover-3/down/queued', undefined],
  ])('topic %s', (topic, expected) => {
    expect(tts.parseTopic(topic)).toEqual(expected);
  });
});

test.each([
  ['AXVk', '017564'],
  ['AXU=', '0175'],
  ['AQ==', '01'],
  ['', undefined],
  [undefined, undefined],
  ['AQ=', null],
  ['A', null],
  ['AQ=A', null],
  ['AX-_', null],
  ['AXVk\n', null],
])('base64 %o', (text, hex) => {
  const found = parseBase64(text);
  expect(found ? found.toString('hex') : found).toBe(hex);
});

test('the loudest gateway is told, and those that say nothing are not', () => {
  expect(bestOf([{ rssi: -100, snr: 3 }, { rssi: -40 }, {}, { rssi: 0, snr: 9 }])).toEqual({ rssi: -40, snr: 0 });
  expect(bestOf([{}, { snr: 3 }])).toBeUndefined();
});
