import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GatewayStatus } from '../../gateway/gateway.ts';
import { openSoakedGateway, openStorm } from '../soak/soaked-gateway.ts';
import { start, until } from '../tools/program.ts';
import { openRealGateway, type RealGateway } from './real-gateway.ts';

/** A command to its end: its exit status and all that it printed. */
async function ended(args: readonly string[], as: readonly string[] = []): Promise<{ code: unknown; said: string }> {
  const [command = '', ...rest] = [...as, process.execPath, 'gateway/main.ts', ...args];
  await using program = start(command, rest);
  return { code: await program.ended(), said: program.output() };
}

const run = (gateway: RealGateway, data = gateway.data) => ['run', '--site', gateway.site, '--data', data];

describe('what keeps a gateway from starting is said, exit 3', () => {
  test('another one holds the data directory: who, and what to do; that one goes on', async () => {
    await using gateway = await openRealGateway('one-1', {});
    await gateway.start();
    const { code, said } = await ended(run(gateway));
    expect(said).toMatch(
      `is in use by process ${gateway.pid}\n  stop that gateway, or name another directory with --data`,
    );
    expect(code).toBe(3);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await gateway.kill();
    // Killed, it holds nothing any more.
    await gateway.start();
  });

  test("the console's port is taken", async () => {
    await using gateway = await openRealGateway('one-1', {});
    const server = createServer().listen(Number(new URL(gateway.url).port), '127.0.0.1');
    await once(server, 'listening');
    const { code, said } = await ended(run(gateway));
    server.close();
    expect(said).toMatch(/cannot listen on 127\.0\.0\.1:\d+.*\n {2}Another program listens there\. .* console\.listen/);
    expect(code).toBe(3);
    await gateway.start();
  });

  test('the data directory cannot be written', async () => {
    await using gateway = await openRealGateway('one-1', {});
    const folder = await mkdtemp(join(tmpdir(), 'gengfu-locked-'));
    await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
    await chmod(folder, 0o555);
    await chmod(join(gateway.site, '..'), 0o755);
    // Rights do not hold root.
    const nobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    for (const data of [folder, join(folder, 'new'), join(gateway.site, 'site.yaml', 'data')]) {
      const { code, said } = await ended(run(gateway, data), nobody);
      expect(said).toMatch(/cannot write to the data directory .*\n {2}give the directory to the user .* --data/);
      expect(code).toBe(3);
    }
  });
});

test('ledger verify: of a gateway that runs under a storm, of one that was stopped, of a copy', async () => {
  await using gateway = await openSoakedGateway(1);
  await gateway.start();
  using storm = openStorm(gateway.broker, 100);
  await until(async () => (await gateway.head()) > 20, 'events');
  const verify = (data = gateway.data) => ended(['ledger', 'verify', '--data', data]);
  for (let round = 0; round < 3; round++) {
    const before = await gateway.head();
    const { code, said } = await verify();
    expect(said).toMatch(/^ok: (\d+) entries, head \1\n$/);
    expect(Number(/head (\d+)/.exec(said)?.[1])).toBeGreaterThanOrEqual(before);
    expect(code).toBe(0);
  }
  // The lock is still its own, and it still writes.
  await using other = await openRealGateway('soak-01', { data: gateway.data });
  expect((await ended(run(other))).said).toContain(`in use by process ${gateway.pid}`);
  const head = await gateway.head();
  await until(async () => (await gateway.head()) > head, 'more events');
  const { ledger } = await gateway.ask<GatewayStatus>({ ask: 'status' });
  expect(ledger).toMatchObject({ durable: true });
  storm[Symbol.dispose]();
  expect(await gateway.stop()).toBe(0);
  const stopped = await verify();
  expect(stopped).toMatchObject({ code: 0, said: expect.stringMatching(/^ok: /) });

  const copy = join(gateway.data, 'copy');
  await mkdir(copy);
  await copyFile(join(gateway.data, 'ledger.db'), join(copy, 'ledger.db'));
  expect(await verify(copy)).toEqual(stopped);
});
