import { expect } from 'vitest';
import { testWith } from '../tools/program.ts';
import { openCabinet } from './installer/cabinet.ts';
import { usableModels } from './installer/models.ts';
import { work } from './installer/session.ts';

/** One of a bus, one that signs in, one that dials in; `node tests/e2e/installer-session.ts` works through all of them. */
const MODELS = ['renke-rs-zs', 'generic-smoke', 'hj212-noise'];

testWith('socat', 'mosquitto')(
  'from the scan to a signed report: each is found, adopted, read and walked to the duty phone, without opening a file',
  async () => {
    const models = usableModels(MODELS);
    await using cabinet = await openCabinet(models);
    const { seen, report } = await work(cabinet, models);
    for (const { profile, found, read, walked, trouble } of seen) {
      expect([profile, trouble]).toEqual([profile, '']);
      expect(found, profile).not.toBeNull();
      expect(read).toMatch(profile === 'renke-rs-zs' ? /points good/ : /-/);
      expect(
        walked?.steps.map(({ step, ok }) => [step, ok]),
        profile,
      ).toEqual([
        ['reading', true],
        ['finding', true],
        ['ledger', true],
        ['upstream:city', true],
        ['channel:sms li', true],
      ]);
      // Each receipt with its time.
      for (const { at, detail } of walked?.steps ?? []) {
        expect(report).toContain(at?.replace('T', ' ').replace(/\.\d+/, ''));
        expect(report).toContain(detail.replaceAll("'", '&#39;'));
      }
    }
    expect(report.match(/通过 Passed/g)).toHaveLength(models.length);
    expect(report).not.toContain('联调测试未通知到人');
    expect(cabinet.messages()).toBeGreaterThanOrEqual(models.length);
  },
);
