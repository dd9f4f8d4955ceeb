import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Command, type CommandPoint, planCommand, write } from '../../../drivers/mqtt/command.ts';
import { type MqttDevice, mqtt } from '../../../drivers/mqtt/kind.ts';
import { reaches } from '../../../drivers/mqtt/topic.ts';
import { point } from './open-link.ts';

const STATES = { 0: 'off', 1: 'on' };
const OWN = 'out/siren-1';
const by = (given: object, more: object = {}): CommandPoint =>
  point('siren-1', 'siren', { source: { json: '$.siren', write: z.parse(write, given) }, ...more });

const told = (command: Command | string) =>
  typeof command === 'string' ? command : `${command.topic} ${command.payload.toString()}`;

const ROWS: readonly [string, CommandPoint, number | string, string][] = [
  [
    'a state by its name',
    by({ payload: { siren: '{value}' } }, { states: STATES }),
    'on',
    'out/siren-1/set {"siren":"on"}',
  ],
  [
    'a state by a payload of its own',
    by({ topic: '{topic}/rpc', payloads: { on: { params: { on: true } } } }, { states: STATES }),
    'on',
    'out/siren-1/rpc {"params":{"on":true}}',
  ],
  ['a text, as it is and not as JSON', by({ payloads: { on: 'ON' } }, { states: STATES }), 'on', 'out/siren-1/set ON'],
  ['a text with the value in it', by({ payload: 'V={value};' }), 40, 'out/siren-1/set V=40;'],
  ['a number as a number', by({ payload: { level: ['{value}'] } }), 40.5, 'out/siren-1/set {"level":[40.5]}'],
  ['a number alone', by({ payload: '{value}' }), 7, 'out/siren-1/set 7'],
  [
    "a number in the device's unit, without what a division adds to it",
    by({ payload: { mm: '{value}' } }, { convert: { factor: 0.1, offset: 0 } }),
    0.3,
    'out/siren-1/set {"mm":3}',
  ],
  [
    'elsewhere than below its topic',
    by({ topic: 'cmnd/{topic}/POWER', payload: '{value}' }),
    1,
    'cmnd/out/siren-1/POWER 1',
  ],
  ['a state that it has not', by({ payload: '{value}' }, { states: STATES }), 'loud', 'unknown-state'],
  ['a state that has no payload', by({ payloads: { on: 'ON' } }, { states: STATES }), 'off', 'unknown-state'],
  [
    'a name that every object has',
    by({ payloads: { on: 'ON' } }, { states: { 0: 'toString' } }),
    'toString',
    'unknown-state',
  ],
  ['no number', by({ payload: '{value}' }), 'on', 'not-a-number'],
  ['a number out of its range', by({ payload: '{value}' }, { range: [0, 10] }), 11, 'out-of-range'],
  ['a point that is only read', point('siren-1', 'siren', { source: { json: '$.siren' } }), 'on', 'not-writable'],
];

test.each(ROWS)('%s', (_says, given, value, expected) => {
  expect(told(planCommand(OWN, given, value))).toBe(expected);
});

describe('what is no way of writing is refused', () => {
  test.each([
    ['neither payload nor payloads', {}, 'has a payload, or payloads'],
    ['both', { payload: '{value}', payloads: { on: 'ON' } }, 'has a payload, or payloads'],
    ['a topic of all devices of the model', { topic: 'relays/set', payload: '{value}' }, 'must hold {topic}'],
    ['a wildcard', { topic: '{topic}/#', payload: '{value}' }, 'wildcards'],
    ['no time at all', { payload: '{value}', within: '0s' }, 'from 100ms to 60s'],
  ])('%s', (_says, given, expected) => {
    expect(JSON.stringify(write.safeParse(given).error?.issues)).toContain(expected);
  });
});

const relay = (id: string, given: object, more: Partial<MqttDevice['options']> = {}): MqttDevice => ({
  id,
  options: { topic: `out/${id}`, password: 'x', ...more },
  profile: {},
  points: [by(given, { states: STATES })].map((each) => ({ ...each, source: { json: '$.siren', ...each.source } })),
});
const BY_VALUE = { payload: { siren: '{value}' } };

describe('a link whose commands would reach another device, or none, is refused', () => {
  const OTHER = { url: 'mqtt://127.0.0.1' };
  test.each<[string, object, MqttDevice[], string | undefined]>([
    ['commands below the own topic', {}, [relay('a', BY_VALUE), relay('b', BY_VALUE)], undefined],
    ['on the topic of its reports', {}, [relay('a', { ...BY_VALUE, topic: '{topic}' })], 'needs another topic'],
    [
      'elsewhere, on the embedded broker',
      {},
      [relay('a', { ...BY_VALUE, topic: 'cmnd/{topic}' })],
      'is not below out/a',
    ],
    ['elsewhere, on another broker', OTHER, [relay('a', { ...BY_VALUE, topic: 'cmnd/{topic}' })], undefined],
    [
      "below another device's topic",
      OTHER,
      [relay('a', { ...BY_VALUE, topic: 'cmnd/{topic}' }), relay('b', BY_VALUE, { topic: 'cmnd/out' })],
      "which is b's",
    ],
    ['one payload for all', {}, [relay('a', { payload: { siren: 'on' } })], 'the same for every value'],
    ['a payload for no state', {}, [relay('a', { payloads: { on: 1, loud: 2 } })], 'none of its states off, on'],
    [
      'behind a network server',
      { server: 'chirpstack' },
      [relay('a', BY_VALUE, { topic: undefined, devEui: '24e124710c123456' })],
      'only a device with a topic of its own',
    ],
  ])('%s', (_says, options, devices, expected) => {
    const link = { id: 'air', kind: 'mqtt', options: z.parse(mqtt.links.mqtt ?? z.never(), options), devices };
    const found = mqtt.check(link).filter(({ point: at, severity }) => at === 'siren' && severity === 'error');
    expect(found.map(({ message }) => message).join('; ')).toEqual(
      expected === undefined ? '' : expect.stringContaining(expected),
    );
  });
});

test.each([
  ['a/b', 'a/b', true],
  ['a/#', 'a/b/c', true],
  ['a/#', 'a', true],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['a/+/c', 'a/b/c', true],
  ['a/b', 'a/b/c', false],
  ['a/b/c', 'a/b', false],
  ['#', 'a', true],
])('a subscription to %s reaches %s: %s', (filter, topic, expected) => {
  expect(reaches(filter, topic)).toBe(expected);
});
