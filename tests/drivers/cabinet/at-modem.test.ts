import { once } from 'node:events';
import { SerialPort } from 'serialport';
import { describe, expect, test } from 'vitest';
import { readAtModem, readAtTime } from '../../../drivers/cabinet/at-modem.ts';
import { aModem, Modem, type ModemNature } from '../../../firmware-sim/modem/modem.ts';
import { MODEM_VICES, type ModemVice, serveModem } from '../../../firmware-sim/modem/serve.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { testWith } from '../../tools/program.ts';
import { openPtyPair } from '../../tools/pty.ts';

const NEVER = new AbortController().signal;

/** Asks a simulated modem over a tty; `raw` or `code` of its signal and its state. */
async function ask(nature: Partial<ModemNature>, vice: ModemVice = 'works', timeoutMs = 30_000): Promise<unknown[]> {
  await using pty = await openPtyPair();
  const line = new SerialPort({ path: pty.theirs, baudRate: 115_200, autoOpen: false });
  line.open();
  await once(line, 'open');
  const modem = new Modem({ ...aModem(), ...nature });
  serveModem(line, modem, vice);
  try {
    const options = { port: pty.ours, baud: 115_200, timeoutMs, wire: openClock(), signal: NEVER };
    const first = await readAtModem(options);
    // A second time on the same modem, whose echo is off by now.
    const second = await readAtModem(options);
    expect(second).toEqual(first);
    return [first.signal, first.state].map((sample) => ('code' in sample ? sample.code : sample.raw));
  } finally {
    line.close();
    await once(line, 'close');
  }
}

/** Asks what time its network has told it: the time, or the code of why there is none. */
async function askTime(
  nature: Partial<ModemNature>,
  { vice = 'works', as = 'local' }: { vice?: ModemVice; as?: 'local' | 'utc' } = {},
): Promise<string> {
  await using pty = await openPtyPair();
  const line = new SerialPort({ path: pty.theirs, baudRate: 115_200, autoOpen: false });
  line.open();
  await once(line, 'open');
  serveModem(line, new Modem({ ...aModem(), ...nature }), vice);
  try {
    const told = await readAtTime(
      { port: pty.ours, baud: 115_200, timeoutMs: 30_000, wire: openClock(), signal: NEVER },
      as,
    );
    return 'code' in told ? told.code : new Date(told.at).toISOString();
  } finally {
    line.close();
    await once(line, 'close');
  }
}

const testModem = testWith('socat');

describe('a modem on a tty', () => {
  for (const vice of MODEM_VICES.filter((each) => each !== 'silent' && each !== 'sleepy')) {
    testModem(`that ${vice} says its signal and that it is registered`, async () => {
      expect(await ask({}, vice)).toEqual([-73, 'registered']);
    });
  }

  testModem('that misses its first command is asked again', async () => {
    expect(await ask({}, 'sleepy', 300)).toEqual([-73, 'registered']);
  });

  testModem('that never answers gives no answer, in time', async () => {
    expect(await ask({}, 'silent', 50)).toEqual(['no-answer', 'no-answer']);
  });

  const natures: readonly [string, Partial<ModemNature>, unknown[]][] = [
    ['on LTE only', { creg: 0, cereg: 1 }, [-73, 'registered']],
    ['on GSM only, in another network', { creg: 5, cereg: 0 }, [-73, 'roaming']],
    ['that searches, without a signal', { creg: 2, cereg: 2, csq: 99 }, ['no-value', 'searching']],
    ['that is refused', { creg: 3, cereg: 0 }, [-73, 'denied']],
    ['without a SIM', { pin: null, creg: 0, cereg: 0 }, [-73, 'no-sim']],
    ['whose SIM wants a PIN', { pin: 'SIM PIN' }, [-73, 'locked']],
    ['that gives no reasons', { pin: null, knowsReasons: false }, [-73, 'modem']],
  ];
  for (const [says, nature, wanted] of natures) {
    testModem(says, async () => {
      expect(await ask(nature)).toEqual(wanted);
    });
  }
});

describe('the time that a network told a modem', () => {
  const cclk = () => '26/07/15,22:00:00+32';
  const rows: readonly [string, Partial<ModemNature>, { vice?: ModemVice; as?: 'local' | 'utc' }, string][] = [
    ['is local time with its zone', { cclk }, {}, '2026-07-15T14:00:00.500Z'],
    ['may be UTC beside the zone', { cclk }, { as: 'utc' }, '2026-07-15T22:00:00.500Z'],
    ['comes among what nobody asked for', { cclk }, { vice: 'unasked' }, '2026-07-15T14:00:00.500Z'],
    ['comes byte by byte', { cclk }, { vice: 'halting' }, '2026-07-15T14:00:00.500Z'],
    ['is none without a zone', { cclk: () => '26/07/15,22:00:00' }, {}, 'no-network-time'],
    ['is none while it is in no network', { cclk, creg: 2, cereg: 0 }, {}, 'no-network-time'],
    ['of one that nobody has set is as it says, for others to refuse', {}, {}, '1980-01-06T00:00:12.500Z'],
    ['is none where it does not know the command', { cclk: null }, {}, 'modem'],
  ];
  for (const [says, nature, how, wanted] of rows) {
    testModem(says, async () => {
      expect(await askTime(nature, how)).toBe(wanted);
    });
  }
});

test('a port that is not there is no modem', async () => {
  const options = { port: '/dev/gengfu-none', baud: 115_200, timeoutMs: 100, wire: openClock(), signal: NEVER };
  const { signal, state } = await readAtModem(options);
  expect(signal).toMatchObject({ code: 'no-modem', error: expect.stringContaining('/dev/gengfu-none') });
  expect(state).toEqual(signal);
  expect(await readAtTime(options, 'local')).toEqual(signal);
});
