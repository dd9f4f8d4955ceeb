import { once } from 'node:events';
import { SerialPort } from 'serialport';
import { describe, expect, test } from 'vitest';
import { readAtModem } from '../../../drivers/cabinet/at-modem.ts';
import { aModem, Modem, type ModemNature } from '../../../firmware-sim/modem/modem.ts';
import { MODEM_VICES, type ModemVice, serveModem } from '../../../firmware-sim/modem/serve.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { testWith } from '../../tools/program.ts';
import { openPtyPair } from '../../tools/pty.ts';

/** Asks a simulated modem over a tty; `raw` or `code` of its signal and its state. */
async function ask(nature: Partial<ModemNature>, vice: ModemVice = 'works', timeoutMs = 2000): Promise<unknown[]> {
  await using pty = await openPtyPair();
  const line = new SerialPort({ path: pty.theirs, baudRate: 115_200, autoOpen: false });
  line.open();
  await once(line, 'open');
  const modem = new Modem({ ...aModem(), ...nature });
  serveModem(line, modem, vice);
  try {
    const options = { port: pty.ours, baud: 115_200, timeoutMs, wire: openClock() };
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

test('a port that is not there is no modem', async () => {
  const options = { port: '/dev/gengfu-none', baud: 115_200, timeoutMs: 100, wire: openClock() };
  const { signal, state } = await readAtModem(options);
  expect(signal).toMatchObject({ code: 'no-modem', error: expect.stringContaining('/dev/gengfu-none') });
  expect(state).toEqual(signal);
});
