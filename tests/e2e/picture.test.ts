// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in a site's files look like placeholders.
import { expect, test } from 'vitest';
import { freePort, until } from '../tools/program.ts';
import { openRealGateway } from './real-gateway.ts';

const TOKEN = 'token-in-the-path-of-a-camera';
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex');

interface Alarms {
  readonly alarms: readonly { readonly id: string; readonly condition: string; readonly raisedAt: number }[];
}

test('a camera’s event raises an alarm with its picture, also after kill -9; both go back by themselves', async () => {
  const port = await freePort();
  await using gateway = await openRealGateway('camera-01', {
    site: ['packs: [smoke]'],
    files: {
      'links.yaml': `links:\n  - { id: cameras, kind: http, local: true, listen: "127.0.0.1:${port}", auth: { kind: path-token, token: "\${env:TOKEN}" } }\n`,
      'devices/cameras.yaml':
        'devices:\n  - { id: cam-1, profile: camera-json, link: cameras, points: { fire: { holdFor: 5s } } }\n',
    },
    env: { TOKEN },
  });
  await gateway.start();
  const session = await gateway.signIn();
  const send = async (event: object) => {
    const answer = await fetch(`http://127.0.0.1:${port}/push/cameras/${TOKEN}/cam-1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    return answer.status;
  };
  expect(await send({ event: 'alive' })).toBe(200);
  expect(await send({ event: 'fire', image: JPEG.toString('base64') })).toBe(200);
  const alarm = await until(async () => (await session.get<Alarms>('alarms')).alarms[0], 'the alarm');
  const detail = () => session.get<{ pictureAt: number | null }>(`alarms/${alarm.id}`);
  await until(async () => (await detail()).pictureAt === alarm.raisedAt, 'the picture');
  await gateway.kill();
  await gateway.start();
  const again = await gateway.signIn('again');
  const after = await again.get<{ pictureAt: number | null }>(`alarms/${alarm.id}`);
  expect(after.pictureAt).toBe(alarm.raisedAt);
  await until(async () => {
    const { alarms } = await again.get<Alarms>('alarms');
    return alarms[0]?.condition === 'normal';
  }, 'the fire to be over');
  expect(gateway.output()).not.toContain(TOKEN);
});
