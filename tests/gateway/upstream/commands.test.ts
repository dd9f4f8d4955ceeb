import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openClock } from '../../../gateway/kit/clock.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { Commands, MOST_AT_WORK, MOST_BYTES } from '../../../gateway/upstream/commands.ts';
import { mqtt } from '../../../gateway/upstream/mqtt.ts';
import { mqttOptions } from '../../../gateway/upstream/mqtt-options.ts';
import { FakeHistory } from '../../tools/fake-history.ts';
import { FakeLedger } from '../../tools/fake-ledger.ts';
import { openMosquitto } from '../../tools/mosquitto.ts';
import { testWith, until } from '../../tools/program.ts';

const TOPIC = 'gengfu/v1/gw/commands/permit';
const open = (permit: (payload: unknown) => Promise<object> = async (payload) => ({ took: payload })) => {
  const replies = { count: 0 };
  const onReply = () => void replies.count++;
  return { commands: new Commands({ gateway: 'gw', commands: { permit }, log: silentLog, onReply }), replies };
};
const incoming = (payload: string, topic = TOPIC) => ({
  topic,
  payload: Buffer.from(payload),
  correlation: Buffer.from('7'),
  isRetained: false,
});

test.each([
  ['a command', '{"a":1}', { took: { a: 1 } }],
  ['no JSON', '{', { status: 'refused', code: 'not-json' }],
  ['too long', `"${'x'.repeat(MOST_BYTES)}"`, { status: 'refused', code: 'too-long' }],
])('%s is answered, with its correlation data', async (_says, payload, answer) => {
  const { commands } = open();
  await commands.take(incoming(payload));
  const reply = commands.nextReply();
  expect(reply).toMatchObject({
    topic: 'gengfu/v1/gw/replies/permit',
    retain: false,
    properties: { correlationData: Buffer.from('7') },
  });
  expect(JSON.parse(reply?.payload ?? '')).toMatchObject(answer);
});

test('a command that fails is answered with its code', async () => {
  const { commands } = open(async () => {
    throw new Fault('not-durable', 'no disk');
  });
  await commands.take(incoming('{}'));
  expect(JSON.parse(commands.nextReply()?.payload ?? '')).toEqual({
    status: 'refused',
    code: 'not-durable',
    message: 'no disk',
  });
});

test('what is no command of this gateway is left alone', async () => {
  const { commands } = open();
  for (const topic of [
    'gengfu/v1/gw/commands/unlock',
    'gengfu/v1/other/commands/permit',
    'gengfu/v1/gw/commands/toString',
  ]) {
    await commands.take(incoming('{}', topic));
  }
  expect(commands.nextReply()).toBeUndefined();
});

test('commands and answers that wait have a bound', async () => {
  const { commands, replies } = open();
  await Promise.all(Array.from({ length: MOST_AT_WORK * 3 }, () => commands.take(incoming('{}'))));
  expect(replies.count).toBe(MOST_AT_WORK);
});

for (const version of [4, 5]) {
  testWith('mosquitto', 'mosquitto_sub')(
    `MQTT ${version}: a command of the platform is answered over a real broker, while events go on`,
    async () => {
      await using broker = await openMosquitto();
      await using replies = await broker.subscribe('gengfu/v1/gw/replies/permit', '{%D|%p}');
      const ledger = new FakeLedger();
      const options = mqttOptions.parse({ url: `mqtt://127.0.0.1:${broker.port}`, from: 'all', version, window: 1 });
      const context = { gateway: 'gw', version: '1', clock: openClock(), wire: openClock(), log: silentLog, ledger };
      await using city = await mqtt.open('city', options, {
        ...context,
        history: new FakeHistory(),
        points: () => [],
        commands: { permit: async (payload) => ({ took: payload }) },
      });
      await until(() => city.status().state === 'online', 'the upstream');
      ledger.append(50);
      const publish = () =>
        spawnSync('mosquitto_pub', [
          '-p',
          String(broker.port),
          '-q',
          '1',
          '-V',
          '5',
          '-t',
          TOPIC,
          '-m',
          '{"id":"p1"}',
          '-D',
          'publish',
          'correlation-data',
          'c-1',
        ]);
      const reply = await until(() => {
        publish();
        return replies.lines().find((line) => line.includes('took'));
      }, 'the reply');
      expect(reply).toBe(`{${version === 5 ? 'c-1' : ''}|{"took":{"id":"p1"}}}`);
      await until(() => city.status().backlog === 0, 'the events');
    },
  );
}

for (const version of [5, 4] as const) {
  testWith('mosquitto', 'mosquitto_sub')(
    `MQTT ${version}: a command that the broker kept from before is refused, and not done at every connection again`,
    async () => {
      await using broker = await openMosquitto();
      await using replies = await broker.subscribe('gengfu/v1/gw/replies/permit');
      spawnSync('mosquitto_pub', ['-p', String(broker.port), '-q', '1', '-r', '-t', TOPIC, '-m', '{}']);
      let done = 0;
      const options = mqttOptions.parse({ url: `mqtt://127.0.0.1:${broker.port}`, version });
      const context = { gateway: 'gw', version: '1', clock: openClock(), wire: openClock(), log: silentLog };
      await using _ = await mqtt.open('city', options, {
        ...context,
        ledger: new FakeLedger(),
        history: new FakeHistory(),
        points: () => [],
        commands: {
          async permit() {
            done++;
            return {};
          },
        },
      });
      await until(() => replies.output().includes('"status":"refused","code":"retained"') || done > 0, 'the answer');
      expect(done).toBe(0);
    },
  );
}
