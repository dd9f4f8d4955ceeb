import { setTimeout as wait } from 'node:timers/promises';
import { frameReader, type SimFrame, writeFrame } from './frame.ts';

/**
 * An instrument's vice. `slow`: its bytes come one by one with pauses, and its answers late. `silent`: it connects and says
 * nothing. `cut-off`: every second frame ends in its middle. `corrupt`: one byte is not what the CRC was made of.
 * `wrong-unit`: it calls itself by another MN. `nonsense`: bytes that are no frames. `echo`: it sends back what it gets.
 * `repeat`: it sends everything twice, as if no answer had come.
 */
export type Hj212Persona =
  | 'works'
  | 'slow'
  | 'silent'
  | 'cut-off'
  | 'corrupt'
  | 'wrong-unit'
  | 'nonsense'
  | 'echo'
  | 'repeat';

/** One item of an upload: `LA-Rtd=57.9,LA-Flag=N` is name `LA-Rtd`, its value and its flag. */
export interface SimValue {
  readonly name: string;
  readonly value: string | number;
  readonly flag?: string;
}

/** What it sends of one command, and how often. */
export interface SimUpload {
  readonly cn: '2011' | '2021' | '2031' | '2041' | '2051' | '2061';
  readonly everyMs: number;
  /** At an instant of its own clock, UTC milliseconds. */
  readonly values: (at: number) => readonly SimValue[];
  /** In so many packets; 1 by default. */
  readonly packets?: number;
}

export interface Hj212Device {
  readonly id: string;
  readonly mn: string;
  readonly password: string;
  readonly st: string;
  readonly edition: 2005 | 2017 | 2025;
  readonly persona: Hj212Persona;
  readonly uploads: readonly SimUpload[];
  /** How long it waits for an answer before it sends again; 3 s by default. */
  readonly answerMs?: number;
  /** Its clock; real time by default. A time set moves it. */
  readonly now?: () => number;
  /** Minutes east of UTC of its times; 480 by default. */
  readonly offsetMinutes?: number;
  /** Logs in (9021), beats (9015) and asks for the time (1013) at the connection. */
  readonly greets?: boolean;
  /** Its uploads have neither QN nor Flag, as many of the 2005 edition; they are not answered. */
  readonly isBare?: boolean;
  /** Told of every frame that it gets. */
  readonly onFrame?: (frame: SimFrame) => void;
}

const ACK = { 2005: 1, 2017: 5, 2025: 9 } as const;
const NO_ACK = { 2005: 0, 2017: 4, 2025: 8 } as const;
const ANSWER_MS = 3000;
const TRIES = 3;
const SLOW_BYTE_MS = 2;

/** Speaks through `send` until the signal aborts; bytes for it go to the function that it returns at once. */
export function openInstrument(
  device: Hj212Device,
  send: (bytes: Uint8Array) => void,
  signal: AbortSignal,
): { readonly receive: (chunk: Uint8Array) => void; readonly run: () => Promise<void> } {
  let clockStep = 0;
  let sent = 0;
  const waiting = new Map<string, () => void>();
  const now = () => (device.now ?? Date.now)() + clockStep;
  const local = (at: number) =>
    new Date(at + (device.offsetMinutes ?? 480) * 60_000).toISOString().replaceAll(/\D/g, '').slice(0, 17);
  const mn = device.persona === 'wrong-unit' ? device.mn.replaceAll(/./g, 'F') : device.mn;
  let lastQn = 0;
  const nextQn = () => {
    lastQn = Math.max(lastQn + 1, now());
    return local(lastQn);
  };
  const headOf = (st: string, cn: string, qn: string, flag: number, packet = {}) => ({
    QN: qn,
    ST: st,
    CN: cn,
    PW: device.password,
    MN: mn,
    Flag: String(flag),
    ...packet,
  });

  const emit = async (text: string) => {
    sent++;
    const bytes = Buffer.from(text);
    if (device.persona === 'silent') return;
    if (device.persona === 'corrupt') bytes[bytes.length - 12] = (bytes[bytes.length - 12] ?? 0) ^ 0x04;
    if (device.persona === 'nonsense') for (let i = 0; i < bytes.length; i += 2) bytes[i] = (i * 37) % 256;
    const part = device.persona === 'cut-off' && sent % 2 === 0 ? bytes.subarray(0, bytes.length >> 1) : bytes;
    if (device.persona !== 'slow') {
      send(part);
      if (device.persona === 'repeat') send(part);
      return;
    }
    for (const byte of part) {
      send(Buffer.from([byte]));
      await wait(SLOW_BYTE_MS, undefined, { signal });
    }
  };

  /** Sends it until it is answered: the same frame, three more times (HJ 212-2017, 6.2.2). */
  const ask = async (frame: SimFrame) => {
    const text = writeFrame(frame);
    const { QN: qn = '' } = frame.header;
    const answered = Promise.withResolvers<void>();
    waiting.set(qn, answered.resolve);
    for (let tries = 0; tries <= TRIES && waiting.has(qn); tries++) {
      await emit(text);
      if (device.persona === 'silent') break;
      await Promise.race([answered.promise, wait(device.answerMs ?? ANSWER_MS, undefined, { signal })]);
    }
    waiting.delete(qn);
  };

  const upload = async ({ cn, values, packets = 1, everyMs }: SimUpload, at: number) => {
    // Of a period the DataTime is its start.
    const time = local(cn === '2011' || cn === '2021' ? at : at - everyMs).slice(0, 14);
    const items = values(at).map(({ name, value, flag }) =>
      flag === undefined ? `${name}=${value}` : `${name}=${value},${name.replace(/-.*/, '-Flag')}=${flag}`,
    );
    const size = Math.ceil(items.length / packets);
    for (let packet = 0; packet < packets; packet++) {
      const part = items.slice(packet * size, (packet + 1) * size);
      const flag = ACK[device.edition] + (packets > 1 ? 2 : 0);
      const numbers = packets > 1 ? { PNUM: String(packets), PNO: String(packet + 1) } : {};
      const header = headOf(device.st, cn, nextQn(), flag, numbers);
      const cp = [`DataTime=${time}`, ...part].join(';');
      if (device.isBare) await emit(writeFrame({ header: { ST: header.ST, CN: cn, PW: header.PW, MN: mn }, cp }));
      else await ask({ header, cp });
    }
  };

  const obey = async ({ header, cp }: SimFrame) => {
    const [, time] = /SystemTime=(\d{14})/.exec(cp) ?? [];
    if (header.CN !== '1012' || time === undefined) return;
    const reply = (cn: string, rest: string) =>
      emit(writeFrame({ header: headOf('91', cn, header.QN ?? '', NO_ACK[device.edition]), cp: rest }));
    if (device.persona === 'slow') await wait(ANSWER_MS, undefined, { signal });
    await reply('9011', 'QnRtn=1');
    const wanted = Date.parse(time.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z'));
    clockStep = 0;
    clockStep = wanted - (device.offsetMinutes ?? 480) * 60_000 - now();
    await reply('9012', 'ExeRtn=1');
  };

  const receive = frameReader((frame) => {
    if (frame.header.MN !== mn) return;
    device.onFrame?.(frame);
    const [, inCp] = /QN=(\d+)/.exec(frame.cp) ?? [];
    if (/^90(13|14|22)$/.test(frame.header.CN ?? '')) {
      const qn = inCp ?? frame.header.QN ?? '';
      waiting.get(qn)?.();
      waiting.delete(qn);
      return;
    }
    obey(frame).catch(unlessAborted(signal));
  });

  return {
    receive: (chunk) => {
      if (device.persona === 'echo') send(chunk);
      receive(chunk);
    },
    async run() {
      if (device.greets) {
        for (const cn of ['9021', '9015', '1013']) {
          const st = cn === '9021' ? '91' : device.st;
          await ask({ header: headOf(st, cn, nextQn(), ACK[device.edition]), cp: '' });
        }
      }
      const loops = device.uploads.map(async (each) => {
        for (;;) {
          await upload(each, now());
          await wait(each.everyMs, undefined, { signal });
        }
      });
      await Promise.all(loops).catch(unlessAborted(signal));
    },
  };
}

const unlessAborted = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error;
};
