import { once } from 'node:events';
import { SerialPort } from 'serialport';
import { makeCounters } from '../../../drivers/modbus/counters.ts';
import { crc16 } from '../../../drivers/modbus/crc.ts';
import type { Answer, Line } from '../../../drivers/modbus/line.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import { serialPort } from '../../../drivers/modbus/port.ts';
import { RtuLine } from '../../../drivers/modbus/rtu-line.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { disturb, seeded, split } from '../../tools/noise.ts';
import { openPtyPair } from '../../tools/pty.ts';
import { right, rtuSeal } from './fake-bus.ts';
import { judge, type NoiseResult } from './noisy-line.ts';

const TIMEOUT_MS = 60;

/** Of so many times the requests that were wanted the rest is given up: it is not the machine any more. */
const MOST_TIMES = 20;

/**
 * The same noise in the replies of a slave on a real tty, in real time: so many requests, and on until `least` were
 * answered rightly, since a machine that is busy with others answers many too late.
 */
export async function runNoisyPty(requests: number, least = 0, seed = 2): Promise<Omit<NoiseResult, 'mostTimers'>> {
  await using ptys = await openPtyPair();
  const random = seeded(seed);
  const clock = openClock();
  const counters = makeCounters();
  const result = { requests, good: 0, refused: 0, undetectable: 0, wrong: 0, broken: 0, counters };
  let nth = 0;
  let heard: Buffer[] = [];

  const slave = new SerialPort({ path: ptys.theirs, baudRate: 115_200 });
  await once(slave, 'open');
  let pending = Buffer.alloc(0);
  slave.on('data', async (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    if (pending.length < 8) return;
    const frame = pending.subarray(0, 8);
    pending = Buffer.alloc(0);
    if (crc16(frame, 0, 6) !== frame.readUInt16LE(6)) return;
    const asked = { unit: frame.readUInt8(0), code: 3, address: 100, count: frame.readUInt16BE(4), transaction: 0 };
    for (const piece of split(disturb(right(rtuSeal, asked, nth), 0.01, random), 3, random)) {
      slave.write(piece);
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });

  let line: Line | undefined;
  const { promise: opened, resolve: open, reject } = Promise.withResolvers<void>();
  const port = serialPort({ port: ptys.ours, baud: 115_200, parity: 'none', dataBits: 8, stopBits: 1 })({
    opened: open,
    data: (chunk) => {
      heard.push(chunk as Buffer);
      line?.receive(chunk);
    },
    closed: reject,
  });
  await opened;
  const own = new RtuLine(port, { baud: 115_200, gap: 0, muteAfter: Number.POSITIVE_INFINITY }, clock, counters, {
    late: () => {},
    broken: () => void result.broken++,
  });
  line = own;
  for (nth = 1; nth <= requests || (result.good < least && nth <= MOST_TIMES * requests); nth++) {
    const request = makeRequest(1 + (nth % 32), 'holding', 100, 1 + Math.floor(random() * 50));
    heard = [];
    const answer = await new Promise<Answer>((resolve) =>
      own.ask(request, TIMEOUT_MS, (given) =>
        resolve(given.kind === 'data' ? { kind: 'data', data: Buffer.from(given.data) } : given),
      ),
    );
    result[judge('rtu', request, nth, answer, Buffer.concat(heard))]++;
  }
  line.close();
  port.close();
  slave.close();
  return result;
}
