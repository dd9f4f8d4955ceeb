import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GpioLines } from '../../../drivers/cabinet/gpio-lines.ts';
import { FakeClock } from '../../tools/fake-clock.ts';
import { until } from '../../tools/program.ts';
import { type FakeBox, GOOD_BOX, openFakeBox } from './fake-box.ts';

function openLines(box: FakeBox, debounceMs = 50) {
  const wire = new FakeClock(0);
  const changes: string[] = [];
  const lines = new GpioLines({
    chip: 'gpiochip0',
    bias: 'as-is',
    lines: [17, 27],
    debounceMs: new Map([[17, debounceMs]]),
    wire,
    timeoutMs: 60_000,
    changed: (line) => changes.push(`${line} ${JSON.stringify(lines.sample(line))}`),
  });
  lines.start();
  return {
    lines,
    wire,
    changes,
    monitors: (count: number) => until(async () => (await calls(box, 'gpiomon')) === count, `gpiomon ${count}`),
    edges: (count: number) => until(() => lines.counts.edges === count, `${count} edges`),
    [Symbol.asyncDispose]: () => lines[Symbol.asyncDispose](),
  };
}

/** How often a program was called: its own word for it, so that it runs by then. */
const calls = async (box: FakeBox, program: string): Promise<number> =>
  (await box.read('calls')).split('\n').filter((line) => line.startsWith(`${program} `)).length;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a level counts once it has stayed for the debounce; a bounce back is no change', async () => {
  await using box = await openFakeBox();
  await using open = openLines(box);
  await open.monitors(1);
  expect(open.changes.splice(0)).toEqual(['17 {"raw":0}', '27 {"raw":1}']);
  for (const edge of ['17 1', '17 0', '17 1']) await box.edge(edge);
  await open.edges(3);
  await open.wire.advance(49);
  expect(open.changes).toEqual([]);
  await open.wire.advance(1);
  expect(open.changes.splice(0)).toEqual(['17 {"raw":1}']);
  for (const edge of ['17 0', '17 1']) await box.edge(edge);
  await open.edges(5);
  await open.wire.advance(1000);
  expect(open.changes).toEqual([]);
});

test('what is no edge, or of another line, is passed over', async () => {
  await using box = await openFakeBox();
  await using open = openLines(box);
  await open.monitors(1);
  for (const text of ['Monitoring lines...', '99 1', 'nonsense', '27 0']) await box.edge(text);
  await open.edges(1);
  await open.wire.advance(0);
  expect(open.lines.sample(27)).toEqual({ raw: 0 });
});

test('the levels are looked at again each minute, for the edge that nobody saw', async () => {
  await using box = await openFakeBox();
  await using open = openLines(box);
  await open.monitors(1);
  await box.write({ levels: '1 1\n' });
  await open.wire.advance(60_000);
  await open.monitors(2);
  expect(open.lines.sample(17)).toEqual({ raw: 1 });
});

test('a gpiomon that ends is told, and started again with back-off', async () => {
  await using box = await openFakeBox();
  await using open = openLines(box);
  await open.monitors(1);
  process.kill(Number(await box.read('pid')));
  await until(() => open.changes.length === 4, 'the lines to be lost');
  expect(open.lines.sample(17)).toMatchObject({ code: 'program', error: expect.stringContaining('gpiomon ended') });
  await open.wire.advance(1000);
  await open.monitors(2);
  expect(open.lines.sample(17)).toEqual({ raw: 0 });
});

test.each([
  ['is of a version that is not known', { version: 'gpioget (libgpiod) v9.0\n' }, 'version that is not known'],
  ['prints what is no level', { levels: 'hello\n' }, 'printed what is no level: hello'],
])('a gpioget that %s is told', async (_, files, error) => {
  await using box = await openFakeBox({ ...GOOD_BOX, ...files });
  await using open = openLines(box);
  await until(() => open.changes.length === 2, 'the lines to be lost');
  expect(open.lines.sample(27)).toMatchObject({ code: 'program', error: expect.stringContaining(error) });
});

test('no gpiomon is left when it is closed, nor when the process is killed', async () => {
  await using box = await openFakeBox();
  {
    await using open = openLines(box);
    await open.monitors(1);
  }
  const pid = Number(await box.read('pid'));
  await until(() => !isAlive(pid), 'gpiomon to end');

  const program = `
    import { GpioLines } from ${JSON.stringify(join(process.cwd(), 'drivers/cabinet/gpio-lines.ts'))};
    import { openClock } from ${JSON.stringify(join(process.cwd(), 'gateway/kit/clock.ts'))};
    new GpioLines({ chip: 'c', bias: 'as-is', lines: [1, 2], debounceMs: new Map(), wire: openClock(), timeoutMs: 5000, changed() {} }).start();`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: 'inherit' });
  await until(async () => (await calls(box, 'gpiomon')) === 2 && (await box.read('pid')) !== `${pid}\n`, 'its gpiomon');
  const orphan = Number(await box.read('pid'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => !isAlive(orphan), 'gpiomon to end after kill -9');
});
