import type { ChannelContext } from '../channel.ts';
import { Modem } from './modem.ts';
import { MODEM_MAKES, type ModemOptions } from './modem-options.ts';
import { openTty } from './tty.ts';

interface Shared {
  readonly modem: Modem;
  users: number;
}

/** A tty belongs to the process: who names the same one shares it, and the last to leave closes it. */
const shared = new Map<string, Shared>();

export interface SharedModem extends AsyncDisposable {
  readonly modem: Modem;
}

/** The modem on that port, opened with its first user. The first one's options stand. */
export function shareModem(options: ModemOptions, { wire, log }: ChannelContext): SharedModem {
  const { port, make } = options;
  const { keys } = MODEM_MAKES[make];
  const found = shared.get(port) ?? {
    modem: new Modem({ wire, log, openLine: () => openTty(options), settings: keys === null ? [] : [keys] }),
    users: 0,
  };
  found.users++;
  shared.set(port, found);
  let isLeft = false;
  return {
    modem: found.modem,
    async [Symbol.asyncDispose]() {
      if (isLeft) return;
      isLeft = true;
      found.users--;
      if (found.users > 0) return;
      shared.delete(port);
      await found.modem[Symbol.asyncDispose]();
    },
  };
}
