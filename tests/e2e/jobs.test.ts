import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runCommand } from '../../gateway/commands/index.ts';
import type { JobView } from '../../gateway/commissioning/job.ts';
import { openPlainSlave } from '../tools/plain-slave.ts';
import { until } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

const DEVICES = `devices:
  - { id: noise-01, profile: renke-rs-zs, link: plc, address: 1 }
`;

/** A command in this process: what it has said so far, and its exit status. */
function begin(...args: string[]): { readonly lines: readonly unknown[]; readonly status: Promise<number> } {
  const lines: unknown[] = [];
  const spies = (['log', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((line) => void lines.push(line)),
  );
  const restore = () => {
    for (const spy of spies) spy.mockRestore();
  };
  return { lines, status: runCommand(args).finally(restore) };
}

async function gengfu(...args: string[]): Promise<{ readonly status: number; readonly said: string }> {
  const { lines, status } = begin(...args);
  return { status: await status, said: lines.join('\n') };
}

async function openCabinet(id: string) {
  await using opening = new AsyncDisposableStack();
  const slave = opening.use(await openPlainSlave());
  const links = `links:\n  - { id: plc, kind: modbus-tcp, host: 127.0.0.1, port: ${slave.port}, timeout: 30s }\n  - { id: box, kind: cabinet }\n`;
  const gateway = opening.use(
    await openRealGateway(id, { files: { 'links.yaml': links, 'devices/noise.yaml': DEVICES } }),
  );
  const opened = opening.move();
  return { slave, gateway, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('read, scan and listen go through a gateway that runs, and open the line themselves where none does', async () => {
  await using cabinet = await openCabinet('jobs-1');
  const { gateway } = cabinet;
  const site = ['--site', gateway.site];
  const alone = await gengfu('read', 'noise-01', ...site);
  expect(alone.said).toMatch(/la\s+holding 0x0000\s+[0-9A-F]{4}/);

  await gateway.start();
  const data = ['--data', gateway.data];
  const read = await gengfu('read', 'noise-01', 'la', ...data);
  expect(read.said).toMatch(/la\s+holding 0x0000\s+[0-9A-F]{4}/);
  const raw = await gengfu('read', '--link', 'plc', '--unit', '1', '--address', '0', '--count', '2', ...data);
  expect(raw.status).toBe(0);
  expect(raw.said).toContain('CDAB');
  const scan = await gengfu('scan', 'plc', '--units', '1-3', '--timeout', '5s', '--json', ...data);
  expect(scan.status).toBe(0);
  expect(JSON.parse(scan.said.split('\n').at(-1) ?? '').found[0]).toMatchObject({ unit: 1, device: 'noise-01' });

  const heard = begin('listen', 'plc', ...data);
  const hears = (what: RegExp) => heard.lines.some((line) => what.test(String(line)));
  await until(() => hears(/→ 1 {2}read holding registers 0x0000 × 1/), 'a question to pass');
  await until(() => hears(/← 1 {2}holding registers 0x0000: [0-9A-F]{4}/), 'an answer to pass');
  process.emit('SIGINT');
  expect(await heard.status).toBe(0);
});

test('whoever hangs up stops the job; a second one at the same link is told who has it; bad input is told plainly', async () => {
  await using cabinet = await openCabinet('jobs-2');
  const { gateway, slave } = cabinet;
  await gateway.start();
  // So that the scan lasts.
  slave.isMute = true;
  const data = ['--data', gateway.data];
  const socket = connect(join(gateway.data, 'gengfu.sock'));
  const wish = {
    kind: 'scan',
    link: 'plc',
    units: Array.from({ length: 200 }, (_, index) => index + 40),
    timeoutMs: 5000,
  };
  socket.write(`${JSON.stringify({ ask: 'job', wish })}\n`);
  const running = async () =>
    (await gateway.ask<JobView[]>({ ask: 'jobs' })).filter(({ state }) => state === 'running');
  await until(async () => (await running()).length === 1, 'the scan to run');
  const second = await gengfu('scan', 'plc', ...data);
  expect([second.status, second.said]).toEqual([1, expect.stringMatching(/plc is in use by .* \(scan, since /)]);
  socket.destroy();
  await until(async () => (await running()).length === 0, 'the scan to be stopped');

  for (const [args, status, says] of [
    [['scan', 'nowhere'], 1, /no link nowhere/],
    [['read', 'nobody'], 1, /no device nobody/],
    [['read', 'noise-01', 'nothing'], 1, /no point nothing/],
    [['scan', 'box'], 1, /devices speak by themselves/],
    [['scan', '10.0.0.0/8'], 1, /wider than a \/22/],
    [['scan', 'plc', '--parity', 'mark'], 2, /none of none, even, odd/],
    [['read', '--link', 'plc', '--unit', 'x', '--address', '0'], 2, /--unit: x is no number/],
  ] as const) {
    const answer = await gengfu(...args, ...data);
    expect([args.join(' '), answer.status, answer.said]).toEqual([args.join(' '), status, expect.stringMatching(says)]);
  }
});
