import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { aModem, type ModemNature } from '../../../../../firmware-sim/modem/modem.ts';
import { Phone } from '../../../../../firmware-sim/modem/phone.ts';
import type { PhoneNature } from '../../../../../firmware-sim/modem/phone-nature.ts';
import type { ChannelContext } from '../../../../../gateway/notify/channels/channel.ts';
import { Modem } from '../../../../../gateway/notify/channels/modem/modem.ts';
import { FakeClock } from '../../../../tools/fake-clock.ts';
import { aContext } from '../a-message.ts';

/** A simulated modem on a line in memory, and ours at its other end, both on a clock that is moved by hand. */
export interface Rig extends AsyncDisposable {
  readonly wire: FakeClock;
  readonly phone: Phone;
  readonly modem: Modem;
  readonly context: ChannelContext;
  /** Lets time pass until it is settled. */
  passing<T>(promise: Promise<T>, stepMs?: number): Promise<T>;
  /** Takes the modem away, or brings it back. */
  setPlugged(isPlugged: boolean): void;
}

/** Files are real, and a disk may be slow: real time bounds what never ends. */
const MOST_MS = 60_000;

export async function openRig(
  nature: Partial<PhoneNature> = {},
  basics: Partial<ModemNature> = {},
  { isReady = true, settings = ['AT+DDET=1'] }: { isReady?: boolean; settings?: string[] } = {},
): Promise<Rig> {
  const wire = new FakeClock();
  const phone = new Phone(nature, { ...aModem(), ...basics }, (ms, run) => void wire.after(ms, run));
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-modem-'));
  const context = aContext({ wire, clock: wire, dir });
  let isPlugged = true;
  let unplug = () => {};
  const openLine = async () => {
    if (!isPlugged) throw new Error('No such file or directory');
    const [ours, theirs] = duplexPair();
    phone.serve(theirs);
    theirs.on('error', () => {});
    unplug = () => ours.destroy();
    return { line: ours, close: async () => void ours.destroy() };
  };
  const modem = new Modem({ wire, log: context.log, openLine, settings });
  const rig: Rig = {
    wire,
    phone,
    modem,
    context,
    async passing(promise, stepMs = 50) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      promise.then(settle, settle);
      const end = performance.now() + MOST_MS;
      while (!isSettled) {
        if (performance.now() > end) throw new Error('it does not settle');
        await wire.advance(stepMs);
      }
      return await promise;
    },
    setPlugged(wanted) {
      isPlugged = wanted;
      if (!wanted) unplug();
    },
    async [Symbol.asyncDispose]() {
      await rig.passing(modem[Symbol.asyncDispose]());
      rmSync(dir, { recursive: true, force: true });
    },
  };
  if (isReady) await untilIn(rig, () => modem.isReady, 'the modem is ready');
  return rig;
}

/** Lets time pass until it is so. */
export async function untilIn(rig: Rig, check: () => boolean, what: string): Promise<void> {
  const end = performance.now() + MOST_MS;
  while (!check()) {
    if (performance.now() > end) throw new Error(`not so after a long time: ${what}`);
    await rig.wire.advance(50);
  }
}
