import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { encodeFrame, type Frame } from '../../../drivers/hj212/frame.ts';
import type { SiteAnswer } from '../../../gateway/api/context.ts';
import type { GatewayStatus } from '../../../gateway/gateway.ts';
import { openRealGateway, writeSite } from '../../e2e/real-gateway.ts';
import { freePort, until } from '../../tools/program.ts';
import { MN } from './site.ts';
import { vectorOf } from './vectors.ts';

const OTHER = 'B'.repeat(24);
const real: Frame = vectorOf('std-c25-noise-realtime').says;
const device = (id: string, mn: string) =>
  `  - { id: ${id}, profile: hj212-noise, link: instruments, mn: "${mn}", password: "\${env:PW}" }`;
const devices = (...lines: readonly string[]) => ({ 'devices.yaml': ['devices:', ...lines].join('\n') });

let number = 0;
const next = (mn: string): Buffer => encodeFrame({ ...real, mn, qn: String(++number).padStart(17, '0') });

test('an instrument is adopted at a gateway at work: it is read by the connection that it has, and no other is cut', async () => {
  const port = await freePort();
  await using gateway = await openRealGateway('hj212-reload', {
    site: [`links: [{ id: instruments, kind: hj212, listen: "127.0.0.1:${port}", timeSet: false }]`],
    files: devices(device('noise-1', MN)),
    env: { PW: real.pw },
  });
  await gateway.start();
  const link = async () => (await gateway.ask<GatewayStatus>({ ask: 'status' })).links.instruments;
  const dial = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const [one, two] = [await dial(), await dial()];
  one.write(next(MN));
  two.write(next(OTHER));
  await until(async () => (await link())?.counters.frames === 2, 'both');
  expect((await link())?.unknown?.map(({ id }) => id)).toEqual([OTHER]);

  await writeSite(gateway.site, devices(device('noise-1', MN), device('noise-2', OTHER)));
  expect((await gateway.ask<SiteAnswer>({ ask: 'site-reload' })).status).toBe('applied');
  expect((await link())?.unknown).toEqual([]);
  two.write(next(OTHER));
  one.write(next(MN));
  await until(async () => (await link())?.counters.frames === 4, 'both again');
  const { counters, devices: known } = (await link()) ?? {};
  expect(counters).toMatchObject({ connects: 2, disconnects: 0, unknownMn: 1, answers: 3 });
  expect(known).toEqual({ 'noise-1': { answers: true }, 'noise-2': { answers: true } });
  for (const socket of [one, two]) socket.destroy();
});
