import { expect, test } from 'vitest';
import { JobDesk, type JobTools } from '../../../gateway/commissioning/job.ts';
import { Fault } from '../../../gateway/kit/fault.ts';
import { FakeClock } from '../../tools/fake-clock.ts';

const job = (run: (tools: JobTools) => Promise<unknown>, link: string | null = 'bus', by = 'wang') =>
  ({ kind: 'scan', link, by, limitMs: 1000, run }) as const;
/** Until it is stopped; then what it had found. */
const lasting = ({ signal }: JobTools) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve('half'), { once: true }));

function openDesk() {
  const clock = new FakeClock();
  return { clock, desk: new JobDesk(clock, clock) };
}

test('a second installer is told who has the link; a stop gives it back', async () => {
  const { desk } = openDesk();
  const first = desk.start(job(lasting));
  expect(() => desk.start(job(lasting, 'bus', 'li'))).toThrow(/bus is in use by wang \(scan, since .*\)/);
  expect(desk.start(job(lasting, 'other', 'li')).state).toBe('running');
  expect(await desk.stop(first.id)).toMatchObject({ state: 'stopped', result: 'half' });
  expect(desk.start(job(lasting, 'bus', 'li')).state).toBe('running');
  await desk[Symbol.asyncDispose]();
  expect(desk.list().map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
});

test('what it says comes to who listens, and is kept by number, the last thousand', async () => {
  const { desk } = openDesk();
  const go = Promise.withResolvers<void>();
  const { id } = desk.start(
    job(async ({ tell, progress }) => {
      await go.promise;
      for (let unit = 1; unit <= 1200; unit++) tell('found', unit);
      progress({ done: 1, total: 2, etaMs: null, at: 'unit 1' });
      return 'whole';
    }),
  );
  const heard: unknown[] = [];
  desk.listen(id, ({ said }) => heard.push(said));
  go.resolve();
  expect(await desk.ended(id)).toMatchObject({ state: 'done', result: 'whole', progress: { done: 1 } });
  expect(heard).toHaveLength(1201);
  expect(desk.news(id, 0)).toHaveLength(1000);
  expect(desk.news(id, 1199).map(({ number, is }) => `${number} ${is}`)).toEqual(['1200 found', '1201 progress']);
});

test('it is ended when its time is over', async () => {
  const { clock, desk } = openDesk();
  const { id } = desk.start(job(lasting));
  await clock.advance(1000);
  expect(await desk.ended(id)).toMatchObject({ state: 'timed-out', result: 'half' });
});

test('one that fails says why, and frees its link', async () => {
  const { desk } = openDesk();
  const { id } = desk.start(
    job(async () => {
      throw new Fault('link-down', 'no adapter', { hint: 'plug it in' });
    }),
  );
  expect(await desk.ended(id)).toMatchObject({
    state: 'failed',
    fault: { code: 'link-down', message: 'no adapter', hint: 'plug it in' },
  });
  expect(desk.start(job(lasting)).state).toBe('running');
  await desk[Symbol.asyncDispose]();
});

test('eight run at a time, and the last twenty that ended are kept', async () => {
  const { desk } = openDesk();
  for (let count = 0; count < 30; count++) await desk.ended(desk.start(job(async () => count)).id);
  expect(desk.list()).toHaveLength(20);
  for (let count = 0; count < 8; count++) desk.start(job(lasting, `link-${count}`));
  expect(() => desk.start(job(lasting, null))).toThrow('8 jobs run already');
  await desk[Symbol.asyncDispose]();
});

test('there is none of that name', async () => {
  const { desk } = openDesk();
  expect([desk.find('x'), await desk.stop('x'), desk.news('x', 0)]).toEqual([undefined, undefined, []]);
});
