import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { expect } from 'vitest';
import { aModem } from '../../../../../firmware-sim/modem/modem.ts';
import { Phone } from '../../../../../firmware-sim/modem/phone.ts';
import { sms } from '../../../../../gateway/notify/channels/modem/sms.ts';
import { testWith, until } from '../../../../tools/program.ts';
import { namePtyPair } from '../../../../tools/pty.ts';
import { aContext, aMessage, aRecipient, NEVER } from '../a-message.ts';

testWith('socat')('a modem that is unplugged and plugged in again is found under its name', async () => {
  await using pty = namePtyPair();
  const dir = mkdtempSync(join(tmpdir(), 'gengfu-tty-'));
  const phone = new Phone({}, aModem());
  const plug = async () => {
    await pty.plug();
    const line = new SerialPort({ path: pty.theirs, baudRate: 115_200, autoOpen: false });
    line.open();
    await once(line, 'open');
    line.on('error', () => {});
    phone.serve(line);
    return line;
  };
  try {
    await plug();
    await using channel = await sms.open('sms', sms.options.parse({ modem: { port: pty.ours } }), aContext({ dir }));
    const send = () => channel.send(aMessage(), [aRecipient()], NEVER);
    await until(() => channel.status().state === 'ready', 'the modem is ready');
    expect(await send()).toMatchObject({ status: 'accepted' });
    await pty.unplug();
    // It may be seen at the next command only.
    await until(
      async () => (await send()).status !== 'accepted' && channel.status().state === 'failing',
      'it is seen to be away',
    );
    expect(channel.status().error).toBeDefined();
    const line = await plug();
    await until(async () => (await send()).status === 'accepted', 'the modem is back');
    line.close(() => {});
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
