import { expect, test } from 'vitest';
import { freePort, until } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

test('a box that starts while the other broker refuses connections goes on, and says so', async () => {
  const url = `mqtt://127.0.0.1:${await freePort()}`;
  await using gateway = await openRealGateway('broker-away', {
    files: { 'links.yaml': `links: [{ id: air, kind: mqtt, url: "${url}" }]` },
    log: 'info',
  });
  await gateway.start();
  await until(() => gateway.output().includes('ECONNREFUSED'), 'the link to say why it is down');
  const { get } = await gateway.signIn();
  await expect(get('alarms')).resolves.toBeDefined();
});
