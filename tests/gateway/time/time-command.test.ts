import { expect, test } from 'vitest';
import { KeptClock } from '../../../gateway/time/kept-clock.ts';
import { TimeCommand } from '../../../gateway/time/time-command.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

const T = Date.parse('2026-07-15T14:00:00Z');

function open(trust: 'unknown' | 'synchronised' = 'unknown') {
  const system = new FakeClock('1970-01-01T00:01:00Z');
  const clock = new KeptClock(system, { trust: () => trust, stepped: async () => {} }, ['platform']);
  return { system, clock, command: new TimeCommand(clock) };
}

/** The number that a first command is answered with. */
const asked = (reply: object): string => (reply as { readonly nonce: string }).nonce;

test('a time is asked for anew before it is believed, for a command may have lain in a broker', async () => {
  const { system, clock, command } = open();
  const first = command.take({ at: T - 3_600_000 });
  expect(first).toMatchObject({ status: 'ask', withinMs: 10_000 });
  await system.advance(400);
  expect(command.take({ at: new Date(T).toISOString(), nonce: asked(first) })).toEqual({ status: 'set' });
  // Told somewhere in those 400 ms.
  expect(clock.now()).toBe(T + 200);
  expect(clock.trust()).toBe('synchronised');
});

const rows: readonly [string, (command: TimeCommand, system: FakeClock) => Promise<object>, object][] = [
  ['an answer to nothing is asked', async (command) => command.take({ at: T, nonce: 'n' }), { status: 'ask' }],
  [
    'an answer that is late is asked again',
    async (command, system) => {
      const nonce = asked(command.take({ at: T }));
      await system.advance(10_001);
      return command.take({ at: T, nonce });
    },
    { status: 'ask' },
  ],
  [
    'a number is good once',
    async (command) => {
      const nonce = asked(command.take({ at: T }));
      command.take({ at: T, nonce });
      return command.take({ at: T, nonce });
    },
    { status: 'ask' },
  ],
  [
    'a time before this gateway was made is refused',
    async (command) => command.take({ at: 0, nonce: asked(command.take({ at: 0 })) }),
    { status: 'refused', code: 'before-build' },
  ],
  ['no time', async (command) => command.take({ nonce: 'n' }), { status: 'refused', code: 'time-invalid' }],
  ['a time without a zone', async (command) => command.take({ at: '2026-07-15T14:00:00' }), { code: 'time-invalid' }],
];
test.each(rows)('%s', async (_, act, wanted) => {
  const { system, command } = open();
  expect(await act(command, system)).toMatchObject(wanted);
});

test('while the system has the time, nobody else is needed', () => {
  expect(open('synchronised').command.take({ at: T })).toEqual({ status: 'unneeded' });
});
