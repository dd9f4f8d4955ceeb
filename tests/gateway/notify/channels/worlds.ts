import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { aModem } from '../../../../firmware-sim/modem/modem.ts';
import { Phone } from '../../../../firmware-sim/modem/phone.ts';
import type { RobotCompany } from '../../../../firmware-sim/robots/robot.ts';
import { serveRobot } from '../../../../firmware-sim/robots/serve.ts';
import { freePort, type Program, start, until } from '../../../tools/program.ts';
import { openPtyPair } from '../../../tools/pty.ts';
import { startSlave } from '../../../tools/pymodbus.ts';

/** What a channel of one kind speaks to, and the options that lead there. */
export interface World {
  readonly needs: readonly Program[];
  /** Options of a channel whose other side works, which lasts as long as `stack`. */
  open(stack: AsyncDisposableStack): Promise<object>;
  /** Options of a channel whose other side is not there. */
  away(): Promise<object>;
  /** Must stand in no answer, status or log. */
  readonly secrets: readonly string[];
}

const TOKEN = 'token-of-the-contract';
const SECRET = 'secret-of-the-contract';
const LOCAL = 'http://127.0.0.1';

const robot = (company: RobotCompany): World => {
  const keys = { token: TOKEN, ...(company !== 'wecom' && { secret: SECRET }) };
  return {
    needs: [],
    secrets: [TOKEN, SECRET],
    async open(stack) {
      const nature = { company, token: TOKEN, secret: SECRET, keywords: [], aMinute: 20, blockedMs: 600_000 };
      return { url: stack.use(await serveRobot(nature, Date.now)).url, ...keys };
    },
    away: async () => ({ url: `${LOCAL}:${await freePort()}`, ...keys }),
  };
};

const webhook: World = {
  needs: [],
  secrets: [TOKEN, SECRET],
  async open(stack) {
    const server = createServer((request, response) => request.resume().on('end', () => response.end('ok')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stack.defer(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return { url: `${LOCAL}:${port}`, token: TOKEN, secret: SECRET };
  },
  away: async () => ({ url: `${LOCAL}:${await freePort()}`, token: TOKEN, secret: SECRET }),
};

const mail = { host: '127.0.0.1', tls: 'none', from: 'gengfu@example.com', username: 'gengfu', password: SECRET };

const smtp: World = {
  needs: ['aiosmtpd'],
  secrets: [SECRET],
  async open(stack) {
    const args = [join(import.meta.dirname, 'smtpd.py'), '--login', 'gengfu', SECRET];
    const program = stack.use(start('/usr/bin/python3', args));
    const port = await until(() => Number(/^PORT (\d+)\n/m.exec(program.output())?.[1]), 'the mail server');
    return { ...mail, port };
  },
  away: async () => ({ ...mail, port: await freePort() }),
};

const modem: World = {
  needs: ['socat'],
  secrets: [],
  async open(stack) {
    const pty = stack.use(await openPtyPair());
    const line = new SerialPort({ path: pty.theirs, baudRate: 115_200, autoOpen: false });
    line.open();
    await once(line, 'open');
    stack.defer(() => new Promise<void>((resolve) => line.close(() => resolve())));
    const phone = new Phone({ reports: 0, keys: '1' }, aModem());
    phone.serve(line);
    return { modem: { port: pty.ours, make: 'simcom' }, listen: '5s' };
  },
  async away() {
    const dir = mkdtempSync(join(tmpdir(), 'gengfu-away-'));
    rmSync(dir, { recursive: true });
    return { modem: { port: join(dir, 'tty') } };
  },
};

const board = { register: 7, templates: { clear: 0, red: 3, exercise: 9 } };

const ledBoard: World = {
  needs: ['pymodbus'],
  secrets: [],
  async open(stack) {
    const port = await freePort();
    stack.use(startSlave('tcp', port));
    await until(() => isListening(port), 'the board');
    return { host: '127.0.0.1', port, ...board };
  },
  away: async () => ({ host: '127.0.0.1', port: await freePort(), ...board }),
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

/** One for each kind of channel. */
export const WORLDS: Readonly<Record<string, World>> = {
  dingtalk: robot('dingtalk'),
  feishu: robot('feishu'),
  wecom: robot('wecom'),
  webhook,
  smtp,
  'led-board': ledBoard,
  sms: modem,
  voice: modem,
};
