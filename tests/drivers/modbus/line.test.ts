import { beforeEach, describe, expect, test } from 'vitest';
import { makeCounters } from '../../../drivers/modbus/counters.ts';
import type { Answer, Line, LineEvents } from '../../../drivers/modbus/line.ts';
import { makeRequest } from '../../../drivers/modbus/pdu.ts';
import type { BytePort } from '../../../drivers/modbus/port.ts';
import { RtuLine } from '../../../drivers/modbus/rtu-line.ts';
import { TcpLine } from '../../../drivers/modbus/tcp-line.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { type Asked, type Behaviour, FakeBus, right, rtuSeal, type Seal, tcpSeal } from './fake-bus.ts';
import { hex } from './vectors.ts';

const request = makeRequest(3, 'holding', 7, 2);
const TIMEOUT = 1000;

class Bench {
  readonly clock = new FakeClock();
  readonly counters = makeCounters();
  readonly bus: FakeBus;
  readonly seen: string[] = [];
  readonly line: Line;

  constructor(seal: Seal, make: (port: BytePort, bench: Bench, events: LineEvents) => Line) {
    this.bus = new FakeBus(this.clock, seal);
    let line: Line | undefined;
    const port = this.bus.open({
      opened: () => {},
      data: (chunk) => line?.receive(chunk),
      closed: () => {},
    });
    const events: LineEvents = {
      late: (unit, afterMs) => this.seen.push(`late ${unit} ${afterMs}`),
      broken: (fault) => this.seen.push(fault.code),
    };
    line = make(port, this, events);
    this.line = line;
  }

  ask(which = request): void {
    this.line.ask(which, TIMEOUT, (answer) => this.seen.push(show(answer)));
  }

  /** One request, the slave behaving so; what became of it within two time-outs. */
  async one(behaviour: Behaviour): Promise<string[]> {
    await this.clock.advance(50);
    this.bus.slaves.set(3, behaviour);
    this.ask();
    await this.clock.advance(2 * TIMEOUT);
    return this.seen.splice(0);
  }

  /** The counters that are not zero, without those of plain traffic. */
  thrownAway(): object {
    const { requests: _, answers: __, ...rest } = this.counters;
    return Object.fromEntries(Object.entries(rest).filter(([, count]) => count > 0));
  }
}

const show = (answer: Answer): string =>
  answer.kind === 'data'
    ? `data ${Buffer.from(answer.data).toString('hex')}`
    : answer.kind === 'exception'
      ? `exception ${answer.code}`
      : answer.kind;

const RIGHT = 'data 00070008';
const FLOOD = Buffer.alloc(40_000, 0x55);

const rtu = () =>
  new Bench(rtuSeal, (port, { clock, counters }, events) => {
    return new RtuLine(port, { baud: 9600, gap: 0, muteAfter: 3 }, clock, counters, events);
  });

const tcp = () =>
  new Bench(tcpSeal, (port, { clock, counters }, events) => {
    return new TcpLine(port, { window: 4, muteAfter: 3 }, clock, counters, events);
  });

/** A reply in one piece after 20 ms. */
const reply =
  (make: (asked: Asked) => Uint8Array): Behaviour =>
  (asked) => [{ afterMs: 20, bytes: make(asked) }];

/** A read as it stands on a serial line. */
const rtuRequest = ({ unit, code, address, count, transaction }: Asked): Buffer => {
  const pdu = Buffer.of(code, address >> 8, address & 0xff, count >> 8, count & 0xff);
  return rtuSeal({ unit, code, address, count, transaction }, pdu);
};

type Vice = [name: string, behave: (seal: Seal) => Behaviour, expected: string[], counted: object];

const BOTH: Vice[] = [
  ['answers', (seal) => reply((asked) => right(seal, asked)), [RIGHT], {}],
  ['refuses', (seal) => reply((asked) => seal(asked, hex('83 02'))), ['exception 2'], { exceptions: 1 }],
  [
    'answers in pieces',
    (seal) => (asked) =>
      [...right(seal, asked)].map((byte, index) => ({ afterMs: 20 + index * 30, bytes: Buffer.of(byte) })),
    [RIGHT],
    {},
  ],
  ['is silent', () => () => [], ['silence'], { timeouts: 1 }],
  [
    'answers with fewer registers',
    (seal) => reply((asked) => right(seal, { ...asked, count: 1 })),
    ['spoilt'],
    { short: 1 },
  ],
  [
    'answers with more registers',
    (seal) => reply((asked) => right(seal, { ...asked, count: 3 })),
    ['spoilt'],
    { overlong: 1 },
  ],
  [
    "answers in another unit's name, then in its own",
    (seal) => (asked) => [
      { afterMs: 20, bytes: right(seal, { ...asked, unit: 4 }, 99) },
      { afterMs: 60, bytes: right(seal, asked) },
    ],
    [RIGHT],
    { foreign: 1 },
  ],
  [
    'answers another function',
    (seal) => reply((asked) => right(seal, { ...asked, code: 4 })),
    ['silence'],
    { foreign: 1, timeouts: 1 },
  ],
  [
    'answers too late',
    (seal) => (asked) => [{ afterMs: 1400, bytes: right(seal, asked) }],
    ['silence', 'late 3 1400'],
    { timeouts: 1, late: 1 },
  ],
];

const ON_SERIAL: Vice[] = [
  ['sends a wrong CRC', () => reply((asked) => right(rtuSeal, asked).fill(0, 8)), ['spoilt'], { crc: 1 }],
  ['breaks off', () => reply((asked) => right(rtuSeal, asked).subarray(0, 6)), ['spoilt'], { short: 1 }],
  [
    'sends more than the frame',
    () => reply((asked) => Buffer.concat([right(rtuSeal, asked), hex('00')])),
    ['spoilt'],
    { overlong: 1 },
  ],
  [
    'sends its frame twice in one go',
    () => reply((asked) => Buffer.concat([right(rtuSeal, asked, 50), right(rtuSeal, asked, 60)])),
    ['spoilt'],
    { overlong: 1, foreign: 1 },
  ],
  [
    "is glued to another unit's frame",
    () => reply((asked) => Buffer.concat([right(rtuSeal, { ...asked, unit: 9 }, 50), right(rtuSeal, asked)])),
    [RIGHT],
    { foreign: 1 },
  ],
  [
    'is behind an adapter that gives the request back',
    () => (asked) => [
      { afterMs: 1, bytes: rtuRequest(asked) },
      { afterMs: 20, bytes: right(rtuSeal, asked) },
    ],
    [RIGHT],
    { echo: 1 },
  ],
  [
    'is behind an adapter that gives the request back, in pieces and glued to the answer',
    () => (asked) => [
      { afterMs: 1, bytes: rtuRequest(asked).subarray(0, 3) },
      { afterMs: 20, bytes: Buffer.concat([rtuRequest(asked).subarray(3), right(rtuSeal, asked)]) },
    ],
    [RIGHT],
    { echo: 1 },
  ],
  [
    'is dead behind an adapter that gives the request back',
    () => reply((asked) => rtuRequest(asked)),
    ['silence'],
    { echo: 1, timeouts: 1 },
  ],
  [
    'answers while another master asks another unit',
    () => (asked) => [
      { afterMs: 10, bytes: rtuRequest({ ...asked, unit: 9 }) },
      { afterMs: 30, bytes: right(rtuSeal, { ...asked, unit: 9 }, 99) },
      { afterMs: 60, bytes: right(rtuSeal, asked) },
    ],
    [RIGHT],
    { foreign: 2 },
  ],
  [
    'is asked the same by another master: whose the answer is nobody can tell',
    () => (asked) => [
      { afterMs: 10, bytes: rtuRequest(asked) },
      { afterMs: 12, bytes: rtuRequest(asked) },
      { afterMs: 30, bytes: right(rtuSeal, asked, 99) },
    ],
    ['spoilt'],
    { echo: 1, foreign: 2 },
  ],
  [
    'answers after a broadcast of another master',
    () => (asked) => [
      { afterMs: 10, bytes: rtuSeal({ ...asked, unit: 0 }, hex('06 00 07 00 02')) },
      { afterMs: 20, bytes: rtuSeal({ ...asked, unit: 0 }, hex('10 00 07 00 02 04 00 01 00 02')) },
      { afterMs: 60, bytes: right(rtuSeal, asked) },
    ],
    [RIGHT],
    { foreign: 2 },
  ],
  ['talks nonsense', () => reply(() => hex('FF FF FF FF FF FF FF FF FF')), ['spoilt'], { nonsense: 1 }],
];

const ON_TCP: Vice[] = [
  [
    'answers another transaction, then the right one',
    () => (asked) => [
      { afterMs: 20, bytes: right(tcpSeal, { ...asked, transaction: 4711 }, 99) },
      { afterMs: 60, bytes: right(tcpSeal, asked) },
    ],
    [RIGHT],
    { foreign: 1 },
  ],
  [
    'answers twice in one go',
    () => reply((asked) => Buffer.concat([right(tcpSeal, asked), right(tcpSeal, asked, 99)])),
    [RIGHT],
    { foreign: 1 },
  ],
  [
    'names another protocol',
    () => reply((asked) => right(tcpSeal, asked).fill(1, 2, 3)),
    ['modbus-not-modbus', 'silence'],
    { nonsense: 1, timeouts: 1 },
  ],
  [
    'believes in frames of 64 KiB',
    () => reply((asked) => right(tcpSeal, asked).fill(0xff, 4, 6)),
    ['modbus-not-modbus', 'silence'],
    { nonsense: 1, timeouts: 1 },
  ],
];

describe.each([
  ['RTU', rtu, rtuSeal, [...BOTH, ...ON_SERIAL]],
  ['TCP', tcp, tcpSeal, [...BOTH, ...ON_TCP]],
] as const)('%s', (_, make, seal, vices) => {
  test.each<Vice>(vices)('a slave that %s', async (_, behave, expected, counted) => {
    const bench = make();
    expect(await bench.one(behave(seal))).toEqual(expected);
    expect(bench.thrownAway()).toEqual(counted);
  });

  test('what came while the process stood still is read before it counts as late', async () => {
    const bench = make();
    bench.bus.slaves.set(3, () => []);
    await bench.clock.advance(50);
    bench.ask();
    await bench.clock.advance(10);
    const [asked] = bench.bus.asked;
    if (asked === undefined) throw new Error('it was not asked');
    bench.clock.stand(10_000);
    await bench.clock.advance(0);
    bench.bus.send(right(seal, asked));
    expect(bench.seen).toEqual([RIGHT]);
    expect(bench.counters.timeouts).toBe(0);
    bench.ask();
    await bench.clock.advance(10);
    bench.clock.stand(10_000);
    await bench.clock.advance(60);
    expect(bench.seen).toEqual([RIGHT, 'silence']);
  });

  test('closing answers what is in flight', async () => {
    const bench = make();
    await bench.clock.advance(50);
    bench.ask();
    await bench.clock.advance(10);
    bench.line.close();
    expect(bench.seen).toEqual(['closed']);
    await bench.clock.advance(2 * TIMEOUT);
    expect(bench.seen).toEqual(['closed']);
  });

  test('requests that are answered by not one byte break the connection', async () => {
    const bench = make();
    for (let i = 0; i < 3; i++) {
      bench.ask();
      await bench.clock.advance(2 * TIMEOUT);
    }
    expect(bench.seen).toEqual(['silence', 'silence', 'silence', 'modbus-mute']);
  });

  test('a port that takes no more bytes is broken', async () => {
    const bench = make();
    await bench.clock.advance(50);
    bench.bus.isFull = true;
    bench.ask();
    await bench.clock.advance(10);
    expect(bench.seen).toEqual(['modbus-stuck']);
  });
});

describe('TCP in a window', () => {
  test('answers come in any order, each to its own request', async () => {
    const bench = tcp();
    await bench.clock.advance(50);
    for (const unit of [1, 2, 3]) {
      bench.bus.slaves.set(unit, (asked) => [{ afterMs: 100 - unit * 20, bytes: right(tcpSeal, asked, unit * 100) }]);
      bench.ask(makeRequest(unit, 'holding', 7, 1));
    }
    await bench.clock.advance(200);
    expect(bench.seen).toEqual(['data 012c', 'data 00c8', 'data 0064']);
  });

  test('numbers go up to 65535 and round, and one whose reply is still owed is left out', async () => {
    const bench = tcp();
    await bench.clock.advance(50);
    bench.bus.slaves.set(4, () => []);
    bench.ask(makeRequest(4, 'holding', 0, 1));
    await bench.clock.advance(TIMEOUT);
    let replied = 0;
    const quick = makeRequest(3, 'holding', 7, 2);
    for (let i = 0; i < 65_536; i++) {
      bench.line.ask(quick, TIMEOUT, () => replied++);
      const { transaction } = bench.bus.asked.at(-1) ?? {};
      if (transaction === 0) expect.unreachable('the number of the owed reply was used again');
      bench.line.receive(right(tcpSeal, { unit: 3, code: 3, address: 7, count: 2, transaction: transaction ?? -1 }));
    }
    expect(replied).toBe(65_536);
    bench.line.receive(right(tcpSeal, { unit: 4, code: 3, address: 0, count: 1, transaction: 0 }));
    expect(bench.counters).toMatchObject({ late: 1, foreign: 0, answers: 65_536 });
  });

  test('each request runs out in its own time', async () => {
    const bench = tcp();
    await bench.clock.advance(50);
    const ended: number[] = [];
    const ask = (unit: number, timeoutMs: number) =>
      bench.line.ask(makeRequest(unit, 'holding', 7, 1), timeoutMs, () => ended.push(unit));
    ask(5, 1000);
    await bench.clock.advance(500);
    ask(6, 1000);
    ask(7, 100);
    await bench.clock.advance(150);
    expect(ended).toEqual([7]);
    await bench.clock.advance(400);
    expect(ended).toEqual([7, 5]);
    await bench.clock.advance(500);
    expect(ended).toEqual([7, 5, 6]);
    ask(5, 1000);
    await bench.clock.advance(1000);
    expect(ended).toEqual([7, 5, 6, 5]);
  });

  test('frames that answer nothing break the connection after 64 KiB', async () => {
    const bench = tcp();
    const frame = right(tcpSeal, { unit: 3, code: 3, address: 7, count: 100, transaction: 9999 });
    const chunk = Buffer.concat(Array.from({ length: 180 }, () => frame));
    bench.line.receive(chunk);
    await bench.clock.advance(1);
    expect(bench.seen).toEqual([]);
    bench.line.receive(chunk);
    await bench.clock.advance(1);
    expect(bench.seen).toEqual(['modbus-babble']);
  });
});

describe('RTU in time', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = rtu();
    await bench.clock.advance(50);
  });
  const asks = () => bench.bus.asked.map(({ at }) => at);

  test('3.5 characters of silence before a request', async () => {
    bench.bus.slaves.set(
      3,
      reply((asked) => right(rtuSeal, asked)),
    );
    bench.ask();
    await bench.clock.advance(20);
    expect(bench.seen).toEqual([RIGHT]);
    bench.ask();
    await bench.clock.advance(100);
    const [first = 0, second = 0] = asks();
    expect(second - first - 20).toBeGreaterThanOrEqual(4.01);
    expect(second - first - 20).toBeLessThanOrEqual(6);
  });

  test('after a time-out the line must have been quiet for 20 ms', async () => {
    bench.ask();
    await bench.clock.advance(1100);
    expect(bench.seen).toEqual(['silence']);
    bench.bus.send(hex('00'));
    // Somebody still talks, in bits, each 15 ms.
    bench.ask();
    for (let i = 0; i < 10; i++) {
      bench.bus.send(hex('00'));
      await bench.clock.advance(15);
    }
    expect(asks()).toHaveLength(1);
    await bench.clock.advance(10);
    expect(asks()).toHaveLength(2);
  });

  test('a line that never falls silent is not spoken into', async () => {
    bench.bus.send(hex('55'));
    bench.ask();
    for (let i = 0; i < 600; i++) {
      bench.bus.send(hex('55'));
      await bench.clock.advance(2);
    }
    expect(asks()).toHaveLength(0);
    expect(bench.seen).toEqual(['spoilt']);
  });

  test('what came before the request is not its answer', async () => {
    bench.bus.send(right(rtuSeal, { unit: 3, code: 3, address: 7, count: 2, transaction: 0 }).subarray(0, 8));
    await bench.clock.advance(50);
    // Together with what was there it would be the answer.
    const rest = reply((asked) => right(rtuSeal, asked).subarray(8));
    bench.bus.slaves.set(3, rest);
    bench.ask();
    await bench.clock.advance(1200);
    expect(bench.seen).toEqual(['spoilt']);
  });

  const ofAnother = { unit: 3, code: 3, address: 7, count: 2, transaction: 0 };

  test('another master who has just asked the same unit is let have its answer', async () => {
    bench.bus.slaves.set(
      3,
      reply((asked) => right(rtuSeal, asked)),
    );
    bench.bus.send(rtuRequest(ofAnother));
    bench.ask();
    await bench.clock.advance(300);
    expect(asks()).toHaveLength(0);
    bench.bus.send(right(rtuSeal, ofAnother, 99));
    await bench.clock.advance(1000);
    expect(bench.seen).toEqual([RIGHT]);
    expect(bench.counters).toMatchObject({ foreign: 2, answers: 1 });
  });

  test('another master who asks a dead unit keeps us waiting no longer than a slave needs', async () => {
    bench.bus.slaves.set(
      3,
      reply((asked) => right(rtuSeal, asked)),
    );
    bench.bus.send(rtuRequest({ ...ofAnother, unit: 9 }));
    bench.ask();
    await bench.clock.advance(150);
    expect(bench.seen).toEqual([RIGHT]);
  });

  test('on an adapter that echoes, the echo of a write is not its answer', async () => {
    const write = { unit: 3, code: 6, address: 7, count: 2, dataBytes: 0 };
    bench.bus.slaves.set(3, (asked) => [{ afterMs: 1, bytes: rtuRequest(asked) }]);
    bench.ask();
    await bench.clock.advance(1100);
    expect(bench.seen.splice(0)).toEqual(['silence']);
    bench.ask(write);
    await bench.clock.advance(1300);
    expect(bench.seen).toEqual(['silence']);
    expect(bench.counters.echo).toBe(2);
  });

  test('an echo that breaks off is no answer', async () => {
    bench.bus.slaves.set(3, (asked) => [{ afterMs: 10, bytes: rtuRequest(asked).subarray(0, 7) }]);
    bench.ask();
    await bench.clock.advance(1300);
    expect(bench.seen).toEqual(['spoilt']);
  });

  test('a time-out begins when the request has left, and lets the reply take its time on the line', async () => {
    // 250 bytes of data at 9600 baud are 0.29 s.
    const long = makeRequest(3, 'holding', 0, 125);
    bench.bus.slaves.set(3, (asked) => [{ afterMs: 1250, bytes: right(rtuSeal, asked) }]);
    bench.ask(long);
    await bench.clock.advance(1300);
    expect(bench.seen[0]).toMatch(/^data/);
  });

  test('two requests at a time are our own mistake', () => {
    bench.ask();
    expect(() => bench.ask()).toThrow('one request at a time');
  });

  test('a flood of bytes breaks the connection', async () => {
    bench.ask();
    await bench.clock.advance(10);
    bench.bus.send(FLOOD);
    bench.bus.send(FLOOD);
    await bench.clock.advance(1);
    expect(bench.seen).toContain('modbus-babble');
  });
});
