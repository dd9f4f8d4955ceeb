import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../gateway/kit/log.ts';
import { PermitImports } from '../../../gateway/permits/import-permits.ts';
import { takePermitCommand } from '../../../gateway/permits/permit-command.ts';
import {
  MOST_PERMITS,
  type PermitBatch,
  type PermitRecord,
  PermitRegister,
} from '../../../gateway/permits/permit-register.ts';
import { permit } from '../../../gateway/rules/permit.ts';
import { aPoint, NIGHT } from '../../tools/judged.ts';

const POINTS = [aPoint({ device: 'noise-11', scene: 'construction' }), aPoint({ device: 'noise-12' })];
const filing = (more: object = {}) =>
  permit.parse({
    id: 'p1',
    on: { device: 'noise-11' },
    from: '2026-07-15',
    to: '2026-07-16',
    status: 'granted',
    ...more,
  });
const WANG = { by: 'wang', source: 'api', from: '10.0.0.9' } as const;

/** A register with what its site's files say and what was stored; every batch that it stores is kept in `stored`. */
function open({ files = [], stored = [] }: { files?: ReturnType<typeof filing>[]; stored?: PermitRecord[] } = {}) {
  const batches: PermitBatch[] = [];
  const state = { isDurable: true };
  const site = { timeZone: 'Asia/Shanghai', permits: files, points: POINTS };
  const register = new PermitRegister({
    site,
    stored,
    instant: () => ({ at: NIGHT, tick: NIGHT }),
    async apply(_permits, batch) {
      batches.push(batch);
      return state.isDurable;
    },
  });
  return { register, batches, state, site };
}

describe('a change', () => {
  test('is stored with the entry that tells of it and the line of the audit trail: who, when, before and after', async () => {
    const { register, batches } = open({ files: [filing({ status: 'applied' })] });
    expect(await register.change([{ permit: filing() }], { ...WANG, note: '准予' })).toMatchObject({
      status: 'done',
      changed: ['p1'],
    });
    const [before, after] = [filing({ status: 'applied' }), filing()];
    expect(batches).toEqual([
      {
        told: [
          {
            type: 'city.gengfu.permit.changed',
            subject: 'p1',
            time: '2026-07-15T22:00:00.000+08:00',
            data: { permit: after, previous: before, revision: 1, source: 'api', by: 'wang', note: '准予' },
          },
        ],
        permits: [{ id: 'p1', state: { permit: after, revision: 1, source: 'api', by: 'wang', at: NIGHT } }],
        audit: [
          {
            at: NIGHT,
            who: 'wang',
            what: 'permit-changed',
            from: '10.0.0.9',
            detail: { permit: 'p1', revision: 1, source: 'api', before, after, note: '准予' },
          },
        ],
      },
    ]);
  });

  test('that changes nothing stores nothing', async () => {
    const { register, batches } = open({ files: [filing()] });
    expect(await register.change([{ permit: filing() }], WANG)).toMatchObject({ status: 'unchanged' });
    expect(batches).toEqual([]);
  });

  test.each([
    ['a number that is taken', { permit: filing({ status: 'revoked' }), isNew: true }, 'permit-exists'],
    ['a site that is not there', { permit: filing({ id: 'p2', on: { device: 'noise-99' } }) }, 'permit-site'],
  ])('with %s is refused, and nothing of its list is taken', async (_says, bad, code) => {
    const { register, batches } = open({ files: [filing()] });
    const good = { permit: filing({ id: 'p3' }) };
    await expect(register.change([good, bad], WANG)).rejects.toMatchObject({ code });
    expect([batches, register.list().map(({ permit: { id } }) => id)]).toEqual([[], ['p1']]);
  });

  test('that is not on disk in time is said to be not durable', async () => {
    const { register, state } = open();
    state.isDurable = false;
    await expect(register.change([{ permit: filing() }], WANG)).rejects.toMatchObject({ code: 'not-durable' });
  });

  test('that overlaps another of the kind and site is taken with a warning that names both', async () => {
    const { register } = open({ files: [filing()] });
    const same = await register.change([{ permit: filing({ id: 'p2', from: '2026-07-16', to: '2026-07-17' }) }], WANG);
    expect(same.warnings).toEqual([{ id: 'p2', with: 'p1' }]);
    const elsewhere = [
      { permit: filing({ id: 'p3', on: { device: 'noise-12' } }) },
      { permit: filing({ id: 'p4', kind: 'road-closure' }) },
    ];
    expect((await register.change(elsewhere, WANG)).warnings).toEqual([]);
  });

  test(`beyond ${MOST_PERMITS} that are kept is refused, unless some ended long ago: those go`, async () => {
    const stored = Array.from({ length: MOST_PERMITS }, (_, i): PermitRecord => {
      const date = i === 7 ? '2024-01-01' : '2026-07-15';
      return { permit: filing({ id: `f${i}`, from: date, to: date }), revision: 1, source: 'csv', by: 'x', at: 0 };
    });
    const { register, batches } = open({ stored });
    await register.change([{ permit: filing({ id: 'one' }) }], WANG);
    expect(batches[0]?.permits[0]).toEqual({ id: 'f7', state: null });
    await expect(register.change([{ permit: filing({ id: 'two' }) }], WANG)).rejects.toMatchObject({
      code: 'too-many-permits',
    });
  });
});

describe('a page of them', () => {
  test.each([
    ['all', {}, ['a1', 'p1', 'p2'], 4],
    ['what comes after a number, of the files and of what was brought alike', { after: 'p1' }, ['p2', 'z9'], 4],
    ['of one status', { status: 'revoked' as const }, ['a1', 'p2'], 2],
    ['what covers this instant', { covers: true }, ['p1', 'z9'], 2],
    ['what does not', { covers: false }, ['a1', 'p2'], 2],
    ['after the last', { after: 'z9' }, [], 4],
  ])('%s, by number, with how many there are', async (_says, query, ids, total) => {
    const { register } = open({ files: [filing(), filing({ id: 'p2' }), filing({ id: 'z9' })] });
    expect((await register.page({ limit: 3 })).total).toBe(3);
    await register.change([{ permit: filing({ id: 'p2', status: 'revoked' }) }], WANG);
    await register.change([{ permit: filing({ id: 'a1', status: 'revoked' }) }], WANG);
    const page = await register.page({ limit: 3, ...query });
    expect([page.permits.map(({ permit: { id } }) => id), page.total]).toEqual([ids, total]);
  });
});

describe('what stands in the files', () => {
  test('does not count beside what was brought under its number, and the difference is shown', async () => {
    const { register, site } = open({ files: [filing(), filing({ id: 'p2' })] });
    await register.change([{ permit: filing({ status: 'revoked' }) }], WANG);
    expect(register.over(site.permits).map(({ id, status }) => [id, status])).toEqual([
      ['p2', 'granted'],
      ['p1', 'revoked'],
    ]);
    expect(register.find('p1')).toMatchObject({
      source: 'api',
      revision: 1,
      covers: false,
      differs: { status: 'granted' },
    });
    expect(register.find('p2')).toMatchObject({ source: 'site', revision: 0, covers: true, differs: null });
    register.changeSite({ ...site, permits: [filing({ status: 'revoked' })] });
    expect(register.list()).toMatchObject([{ permit: { id: 'p1' }, differs: null }]);
  });
});

describe('the command of the platform', () => {
  const send = (register: PermitRegister, revision: number, more: object = {}) =>
    takePermitCommand(register, { permit: { ...filing(more) }, revision }, 'city');

  test('is done once, however often it comes', async () => {
    const { register, batches } = open();
    expect(await send(register, 1)).toEqual({ status: 'done', permit: 'p1', revision: 1, warnings: [] });
    expect(await send(register, 1)).toMatchObject({ status: 'unchanged', revision: 1 });
    expect(await send(register, 5, { status: 'revoked' })).toMatchObject({ status: 'done', revision: 5 });
    // What is late has been overtaken.
    expect(await send(register, 1)).toMatchObject({ status: 'unchanged', revision: 5 });
    expect([batches.length, register.find('p1').permit.status]).toEqual([2, 'revoked']);
  });

  test('that does not know of a change at the box is refused, and shown what stands there', async () => {
    const { register } = open();
    await send(register, 1);
    await register.change([{ permit: filing({ status: 'revoked' }) }], WANG);
    expect(await send(register, 2, { status: 'expired' })).toMatchObject({
      status: 'refused',
      code: 'permit-revision',
      present: { permit: { status: 'revoked' }, revision: 2, by: 'wang' },
    });
  });

  test.each([
    ['no permit', { revision: 1 }, /^permit: /],
    ['no revision', { permit: filing() }, /^revision: /],
    ['an unknown status', { permit: { ...filing(), status: 'approved' }, revision: 1 }, /^permit\.status: /],
    ['an unknown key', { permit: filing(), revision: 1, force: true }, /force/],
    ['nothing', null, /object/],
  ])('with %s is refused with what is wrong', async (_says, payload, message) => {
    const { register, batches } = open();
    const reply = await takePermitCommand(register, payload, 'city');
    expect(reply).toMatchObject({ status: 'refused', code: 'permit-invalid', message: expect.stringMatching(message) });
    expect(batches).toEqual([]);
  });
});

describe('a file', () => {
  const LI = { by: 'li', source: 'csv', note: 'july.csv' } as const;
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gengfu-permits-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const HEAD = 'number,device,from,to,status\n';
  const take = (register: PermitRegister, text: string, isTrial = false) =>
    new PermitImports(register, join(dir, 'import.json')).import(text, LI, isTrial);

  test('is taken in lots, and what is cut off in between is taken at the next start, once', async () => {
    const { register, batches, state } = open();
    const text = `${HEAD}${Array.from({ length: 50 }, (_, i) => `n${i},noise-11,2026-07-15,2026-07-16,granted\n`).join('')}`;
    state.isDurable = false;
    await expect(take(register, text)).rejects.toMatchObject({ code: 'not-durable' });

    const onDisk = batches.slice(0, 1).flatMap(({ permits }) => permits.map((each) => each.state as PermitRecord));
    expect([onDisk.length, batches.length]).toEqual([20, 3]);
    const after = open({ stored: onDisk });
    const imports = () => new PermitImports(after.register, join(dir, 'import.json'));
    await imports().resume(silentLog);
    expect(after.register.list().map(({ permit, by }) => [permit.id, by])).toHaveLength(50);
    expect(after.batches.flatMap(({ told }) => told.map(({ subject }) => subject))).toEqual(
      Array.from({ length: 30 }, (_, i) => `n${i + 20}`),
    );
    await imports().resume(silentLog);
    expect(after.batches).toHaveLength(2);
    expect(await readdir(dir)).toEqual([]);
  });

  test('with one bad row changes nothing, and all that is wrong is named', async () => {
    const { register, batches } = open();
    const text = `${HEAD}a,noise-11,2026-07-15,2026-07-16,granted\nb,noise-99,2026-07-15,2026-07-16,granted\nc,noise-11,2026-07-16,2026-07-15,granted\n`;
    const answer = await take(register, text);
    expect(answer.problems.map(({ row, message }) => `${row} ${message}`)).toEqual([
      '3 no point of this site is of device noise-99',
      '4 ends before it begins (this is "2026-07-15")',
    ]);
    expect([batches, register.list()]).toEqual([[], []]);
  });

  test('is taken in one batch; the same again changes nothing; a trial never does', async () => {
    const { register, batches } = open();
    const text = `${HEAD}a,noise-11,2026-07-15,2026-07-16,granted\nb,noise-11,2026-07-16,2026-07-18,applied\n`;
    expect(await take(register, text, true)).toMatchObject({ rows: 2, changed: [], problems: [] });
    expect(batches).toEqual([]);
    expect(await take(register, text)).toMatchObject({
      changed: ['a', 'b'],
      unchanged: 0,
      overlaps: [{ id: 'b', with: 'a' }],
    });
    expect(await take(register, text)).toMatchObject({ changed: [], unchanged: 2 });
    expect(batches.map(({ permits, told, audit }) => [permits.length, told.length, audit.length])).toEqual([[2, 2, 2]]);
  });

  test('of ten thousand rows that overlap is told of in bounds', async () => {
    const { register } = open();
    const rows = Array.from(
      { length: 10_000 },
      (_, i) => `p${i},${i % 2 ? 'noise-11' : 'noise-12'},2026-07-15,2026-07-16,granted\n`,
    );
    const answer = await take(register, HEAD + rows.join(''));
    expect([answer.changed.length, answer.overlaps.length]).toEqual([10_000, 100]);
  });
});
