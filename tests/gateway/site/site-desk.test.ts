import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openGateway } from '../../../gateway/gateway.ts';
import { openClock } from '../../../gateway/kit/clock.ts';
import { silentLog } from '../../../gateway/kit/log.ts';
import { hashSite, readSiteFiles } from '../../../gateway/site/site-files.ts';
import { siteToStart } from '../../../gateway/site/site-start.ts';
import { writeSite } from '../../e2e/real-gateway.ts';
import { freePort } from '../../tools/program.ts';

/** A site's directory, and gateways that are started on it one after the other, each as `gengfu run` starts it. */
async function openDirectory() {
  const folder = await mkdtemp(join(tmpdir(), 'gengfu-desk-'));
  const [dir, data] = [join(folder, 'site'), join(folder, 'data')];
  const head = `gateway: desk-1\ntimeZone: Asia/Shanghai\nconsole: { listen: "127.0.0.1:${await freePort()}" }`;
  await writeSite(dir, { 'site.yaml': `${head}\nname: first` });
  return {
    dir,
    named: (name: string) => new Map([['site.yaml', Buffer.from(`${head}\nname: ${name}\n`)]]),
    write: (name: string) => writeSite(dir, { 'site.yaml': `${head}\nname: ${name}` }),
    async start() {
      const found = await siteToStart(dir, () => data, silentLog);
      if (found === null) throw new Error('no site to start with');
      const clock = openClock({ trust: () => 'synchronised' });
      const given = {
        ...found,
        clock,
        wire: openClock(),
        log: silentLog,
        consoleDir: join(folder, 'none'),
        version: '0',
      };
      const gateway = await openGateway(given);
      return { gateway, name: found.site.name, [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

test('a site from an upstream takes the place of the directory, which is shown and not written over', async () => {
  await using box = await openDirectory();
  {
    await using running = await box.start();
    const { site } = running.gateway;
    expect(await site.apply(box.named('pushed'), 'city', null)).toMatchObject({ status: 'applied', number: 2 });
    expect(await site.history()).toMatchObject({
      sites: [{ number: 2, by: 'city', from: 'upstream' }, { number: 1 }],
      difference: [{ file: 'site.yaml', change: 'changed' }],
    });
    expect(await readFile(join(box.dir, 'site.yaml'), 'utf8')).toContain('name: first');

    // Somebody at the box changes the directory: what they wrote is not passed over unseen.
    await box.write('local');
    expect(await site.apply(box.named('again'), 'city', null)).toMatchObject({
      status: 'refused',
      code: 'site-differs',
      problems: [{ path: 'site.yaml', message: expect.stringContaining('changed on the box') }],
    });
    const seen = hashSite(await readSiteFiles(box.dir));
    expect(await site.apply(box.named('again'), 'city', seen)).toMatchObject({ status: 'applied', number: 3 });
    expect(await site.apply(new Map([['../x.yaml', Buffer.from('')]]), 'city', seen)).toMatchObject({
      status: 'refused',
    });
    expect(await site.apply(new Map([['site.yaml', Buffer.from('gateway: [')]]), 'city', seen)).toMatchObject({
      code: 'site-invalid',
      problems: [{ path: expect.stringMatching(/^site\.yaml:1:/) }],
    });
  }
  {
    await using running = await box.start();
    expect(running.name).toBe('again');
    // Who asks for the directory gets it.
    expect(await running.gateway.site.reload('wang')).toMatchObject({ status: 'applied', number: 4 });
  }
  await using running = await box.start();
  expect(running.name).toBe('local');
});

test('secrets are found from the copy where they are found from the directory, and are not in it', async () => {
  await using box = await openDirectory();
  const port = await freePort();
  await writeSite(box.dir, {
    'secrets/city': 'lantern-and-rattle',
    'links.yaml': `links: [{ id: air, kind: mqtt, url: "mqtt://127.0.0.1:${port}", username: gw, password: "\${file:secrets/city}" }]`,
  });
  {
    await using running = await box.start();
    await box.write('second');
    expect(await running.gateway.site.reload('wang')).toMatchObject({
      status: 'applied',
      changes: { links: { changed: { count: 0 } } },
    });
    expect(await running.gateway.site.back(1, 'wang')).toMatchObject({ status: 'applied', number: 3 });
  }
  await using running = await box.start();
  expect(running.name).toBe('first');
  const kept = await readSiteFiles(join(box.dir, '..', 'data', 'sites'));
  expect([...kept.values()].join('')).not.toContain('lantern');
});

test('changes that are asked for at once: one is done, the other is told so; none after the end', async () => {
  await using box = await openDirectory();
  const running = await box.start();
  const { site } = running.gateway;
  await box.write('second');
  const answers = await Promise.all([site.reload('a'), site.reload('b'), site.back(1, 'c')]);
  expect(answers.map((answer) => (answer.status === 'refused' ? answer.code : answer.status))).toEqual([
    'applied',
    'site-busy',
    'site-busy',
  ]);
  await running[Symbol.asyncDispose]();
  expect(await site.reload('late')).toMatchObject({ status: 'refused', message: 'the gateway is ending' });
  site.hangUp('late');
});
