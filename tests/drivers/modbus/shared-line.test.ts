import { expect, test } from 'vitest';
import { Fault } from '#kit/fault.ts';
import type { LineAnswer, SerialSettings } from '../../../drivers/driver.ts';
import { makeCounters } from '../../../drivers/modbus/counters.ts';
import type { Answer } from '../../../drivers/modbus/line.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import type { BytePort } from '../../../drivers/modbus/port.ts';
import { SharedLine } from '../../../drivers/modbus/shared-line.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

const OWN: SerialSettings = { baud: 9600, parity: 'none', dataBits: 8, stopBits: 1 };
const EVEN: SerialSettings = { ...OWN, parity: 'even' };
const request = makeRequest(1, 'holding', 0, 1);
const question = { unit: 9, table: 'holding', address: 0, count: 1, timeoutMs: 50, settings: EVEN } as const;

/** A line whose port takes 5 ms to be set, or to refuse that, and on which nobody answers. It closes when it is broken. */
function openLine(refuses = false) {
  const clock = new FakeClock();
  const log: string[] = [];
  let setting = 0;
  const port: BytePort = {
    write: () => {
      log.push('request');
      return true;
    },
    flush: (done) => done(),
    set: ({ parity }, _, done) => {
      log.push(setting++ === 0 ? parity : `${parity} while being set`);
      clock.after(5, () => {
        setting--;
        done(refuses ? new Fault('modbus-settings', 'the port does not take these') : undefined);
      });
    },
    close: () => {},
  };
  const broken = () => {
    log.push('broken');
    line.close();
  };
  const options = { baud: 9600, gap: 0, muteAfter: Number.POSITIVE_INFINITY };
  const line = new SharedLine(port, OWN, options, clock, makeCounters(), { late: () => {}, broken });
  return { clock, log, line };
}

/** A job has asked at its own settings, and got no answer. */
async function openAfterJob() {
  const { clock, log, line } = openLine();
  let isOver = false;
  line.guests.ask(question, () => {
    isOver = true;
  });
  await clock.advance(1000);
  expect(isOver).toBe(true);
  log.length = 0;
  return { clock, log, line };
}

test('a poll that falls due while the line is put back after a job is asked, and the line set once', async () => {
  const { clock, log, line } = await openAfterJob();
  const answers: Answer['kind'][] = [];
  line.guests.restore();
  line.ask(request, 50, ({ kind }) => void answers.push(kind));
  await clock.advance(1000);
  expect(answers).toEqual(['silence']);
  expect(log).toEqual(['none', 'request']);
});

test('a job that gives the line back while a poll is setting it does not set it under the poll', async () => {
  const { clock, log, line } = await openAfterJob();
  const answers: Answer['kind'][] = [];
  line.ask(request, 50, ({ kind }) => void answers.push(kind));
  line.guests.restore();
  await clock.advance(1000);
  expect(answers).toEqual(['silence']);
  expect(log).toEqual(['none', 'request']);
});

test('a line that closes while it is being set answers each that waits, once', async () => {
  const { clock, line } = await openAfterJob();
  const answers: Answer['kind'][] = [];
  line.guests.restore();
  line.ask(request, 50, ({ kind }) => void answers.push(kind));
  line.close();
  line.close();
  await clock.advance(1000);
  expect(answers).toEqual(['closed']);
});

test('settings that the port refuses are told once to the job that asked, and to a poll that waited', async () => {
  const { clock, log, line } = openLine(true);
  const [guests, polls]: [LineAnswer[], Answer['kind'][]] = [[], []];
  line.guests.ask(question, (answer) => void guests.push(answer));
  line.ask(request, 50, ({ kind }) => void polls.push(kind));
  await clock.advance(1000);
  expect(guests).toMatchObject([{ kind: 'closed', isRefused: true }]);
  expect(polls).toEqual(['closed']);
  expect(log).toEqual(['even', 'broken']);
});
