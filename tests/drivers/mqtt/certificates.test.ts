import { expect, test } from 'vitest';
import { z } from 'zod';
import { Certificates, type ShownCertificate } from '../../../drivers/mqtt/certificates.ts';
import { mqtt } from '../../../drivers/mqtt/kind.ts';
import { jsonDevice } from './open-link.ts';

const print = 'AB'.repeat(32);
const certificates = new Certificates();
certificates.add({ commonName: 'smoke-12' }, 'smoke-12');
certificates.add({ fingerprint: 'ab:'.repeat(32).slice(0, -1) }, 'smoke-13');

const shown = (more: Partial<ShownCertificate>): ShownCertificate => ({
  commonName: undefined,
  fingerprint: '00',
  validFrom: 100,
  validTo: 200,
  flaw: undefined,
  ...more,
});

test.each([
  ['a name that the CA vouches for', { commonName: 'smoke-12' }, { device: 'smoke-12' }],
  ['a name that nobody vouches for', { commonName: 'smoke-12', flaw: 'X' }, { flaw: 'X' }],
  ['a name of nobody', { commonName: 'other' }, { device: undefined }],
  ['no name', {}, { device: undefined }],
  ['a certificate that is known by itself', { fingerprint: print, flaw: 'SELF_SIGNED' }, { device: 'smoke-13' }],
  ['one that is over', { fingerprint: print, validTo: 149 }, { flaw: 'CERT_HAS_EXPIRED' }],
  ['one that has not begun', { fingerprint: print, validFrom: 151 }, { flaw: 'CERT_NOT_YET_VALID' }],
])('%s', (_, more, expected) => {
  expect(certificates.judge(shown(more), 150)).toEqual(expected);
});

const listens = { listen: '127.0.0.1:8883', cert: 'c', key: 'k' };
const options = (more: object) => z.parse(mqtt.links.mqtt ?? z.never(), more);
const certified = (id: string, certificate: object) => ({ ...jsonDevice(id), options: { topic: id, certificate } });

test.each([
  ['a name without a CA', { tls: listens }, [certified('a', { commonName: 'a' })], ['a certificate error']],
  ['a name with one', { tls: { ...listens, ca: 'ca' } }, [certified('a', { commonName: 'a' })], []],
  ['a fingerprint without', { tls: listens }, [certified('a', { fingerprint: print })], []],
  [
    'one certificate for two',
    {},
    [certified('a', { fingerprint: print }), certified('b', { fingerprint: print.toLowerCase() })],
    ['b certificate error'],
  ],
  [
    'a secure WebSocket without a certificate',
    { websocket: { listen: '127.0.0.1:8884', tls: true } },
    [certified('a', { fingerprint: print })],
    ['a certificate error'],
  ],
])('check: %s', (_, link, devices, expected) => {
  const problems = mqtt.check({ id: 'air', kind: 'mqtt', options: options(link), devices });
  expect(problems.map(({ device, field, severity }) => `${device} ${field} ${severity}`)).toEqual(expected);
});

test.each([
  [{ commonName: 'a' }, true],
  [{ fingerprint: print }, true],
  [{ fingerprint: 'ab:cd' }, false],
  [{}, false],
  [{ commonName: 'a', fingerprint: print }, false],
])('a device’s certificate %o', (certificate, isGood) => {
  expect(mqtt.device.safeParse({ topic: 'a', certificate }).success).toBe(isGood);
});
