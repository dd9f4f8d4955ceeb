import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../gateway/commands/index.ts';
import { writeSite } from './real-gateway.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gengfu-commands-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ROOT = join(import.meta.dirname, '../..');
/** npm must not tell of its own new versions among what commands say. */
const ENV = { ...process.env, npm_config_update_notifier: 'false' };

function run(command: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 25,
    env: ENV,
  });
  return { status, stdout, stderr };
}
const gengfu = (...args: string[]) => run(process.execPath, 'gateway/main.ts', ...args);

async function siteWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const dir = join(folder, name);
  await writeSite(dir, { 'site.yaml': 'gateway: cli-1\ntimeZone: Asia/Shanghai', ...files });
  return dir;
}

describe('a site that is not right: all of it at once with its place, exit 1', () => {
  /** What is wrong; the files; a line of the output for each problem. */
  const ROWS: readonly (readonly [
    what: string,
    files: Readonly<Record<string, string>>,
    problems: readonly RegExp[],
  ])[] = [
    ['broken YAML', { 'links.yaml': 'links:\n  - { id: a, kind: mqtt\n' }, [/^links\.yaml:\d+:\d+: /m]],
    [
      'wrong types and unknown keys, in two files',
      {
        'site.yaml': 'gateway: cli-1\ntimeZone: 8\nnmae: x',
        'links.yaml': 'links:\n  - { id: plc, kind: modbus-tcp, host: 10.0.0.5, port: many }',
      },
      [/^site\.yaml:2:11: /m, /^site\.yaml:3:1: .*nmae/m, /^links\.yaml:2:56: /m],
    ],
  ];
  for (const [what, files, problems] of ROWS) {
    for (const command of ['check', 'run']) {
      test(`${what}: gengfu ${command}`, async () => {
        const dir = await siteWith(`${command} ${what}`, files);
        const data = command === 'run' ? ['--data', join(folder, 'never')] : [];
        const { status, stdout, stderr } = gengfu(command, '--site', dir, ...data);
        for (const problem of problems) expect(stdout + stderr).toMatch(problem);
        expect(status).toBe(1);
        expect(existsSync(join(folder, 'never'))).toBe(false);
      });
    }
  }

  test('a site that is not there', () => {
    const { status, stderr } = gengfu('run', '--site', join(folder, 'nowhere'));
    expect(stderr).toContain('there is no such directory');
    expect(status).toBe(1);
  });
});

describe('wrong usage: what was wrong and how it is right, exit 2', () => {
  const ROWS: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [[], /usage: gengfu COMMAND/],
    [['watch'], /no command 'watch'\. Commands: run, /],
    [['run'], /--site is wanted\nusage: gengfu run --site DIR/],
    [['run', '--sight', 'x'], /Unknown option '--sight'.*usage: gengfu run/s],
    [['run', '--site', '.', '--log', 'loud'], /--log is one of .*usage: gengfu run/s],
    [['replay', '--site', '.'], /FILE is wanted.*usage: gengfu replay/s],
    [['replay', '--site', '.', '--until', 'tomorrow', 'x'], /not a time: tomorrow/],
    [['schema', '--nonsense'], /Unknown option '--nonsense'.*usage: gengfu schema$/ms],
    [['ledger', 'mend', '--data', '.'], /usage: gengfu ledger verify/],
    [['users', 'invite', '--role', 'king', '--data', '.'], /--role is one of viewer, /],
  ];
  for (const [args, said] of ROWS) {
    test(['gengfu', ...args].join(' '), async () => {
      const lines: string[] = [];
      const listening = (['log', 'error'] as const).map((name) =>
        vi.spyOn(console, name).mockImplementation((line) => void lines.push(line)),
      );
      const status = await runCommand(args).finally(() => {
        for (const each of listening) each.mockRestore();
      });
      expect(lines.join('\n')).toMatch(said);
      expect(lines.join('\n')).not.toMatch(/\n {4}at /);
      expect(status).toBe(2);
    });
  }

  test('a process ends with that status', () => {
    const { status, stderr } = gengfu('run');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/--site is wanted\nusage: gengfu run --site DIR/)]);
  });
});

describe('help, exit 0', () => {
  test('names every command; each says how it is used', () => {
    const all = gengfu('--help');
    expect(all.status).toBe(0);
    const names = [...all.stdout.matchAll(/^ {2}(\S+) +\S/gm)].map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining(['run', 'demo', 'check', 'init', 'replay', 'schema', 'sim']));
    const one = gengfu('check', '--help');
    expect([one.status, one.stdout]).toEqual([0, expect.stringMatching(/^usage: gengfu check --site DIR\n {2}every/)]);
  });

  test('of a command that there is not, exit 2', () => {
    expect(gengfu('watch', '--help')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("no command 'watch'"),
    });
  });
});

test('who reads may stop: no complaint', () => {
  const { stderr } = run('sh', '-c', `${process.execPath} gateway/main.ts profile list | true`);
  expect(stderr).toBe('');
});

test('commands for a gateway that does not run say so, exit 3', () => {
  const { status, stderr } = gengfu('alarms', '--data', folder);
  expect(stderr).toMatch(/no gateway runs on .*\n {2}start it/);
  expect(status).toBe(3);
});

describe('a recording', () => {
  const SITE = {
    'links.yaml': 'links: [{ id: plc, kind: modbus-tcp, host: 127.0.0.1 }]',
    'devices.yaml': 'devices: [{ id: gauge-1, profile: mxs485-ultrasonic, link: plc, address: 1, height: 3m }]',
    'rules.yaml':
      'rules: [{ id: wet, title: { zh: 积水, en: Water }, on: { quantity: water.depth }, levels: { blue: { atLeast: 15 } } }]',
  };
  const wet = (at: string, device = 'gauge-1') =>
    `{"at":"2026-07-15T22:00:${at}+08:00","device":"${device}","point":"depth","value":20}`;
  async function replay(name: string, text: string) {
    const file = join(folder, name);
    await writeFile(file, text);
    return { file, ...gengfu('replay', '--site', await siteWith('replay', SITE), file) };
  }

  test('a line that cannot be read ends it with its place, exit 1; what was before it is told', async () => {
    for (const [bad, said] of [
      ['{"at":', 'not a JSON object'],
      [wet('99'), "'at' is not a time"],
      [wet('00'), 'older than the line before it'],
      ['{"at":"2026-07-15T22:00:09+08:00","value":1}', "a reading needs 'device' and 'point'"],
    ] as const) {
      const { status, stdout, stderr, file } = await replay('bad.jsonl', `${wet('01')}\n${wet('02')}\n${bad}\n`);
      expect(stderr).toMatch(`${file}:3: ${said}`);
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line).type),
      ).toEqual(['city.gengfu.alarm.raised']);
      expect(status).toBe(1);
    }
  });

  test('of a device that the site has not: said once with its place, the others are judged', async () => {
    const lines = [wet('01', 'gauge-9'), wet('02', 'gauge-9'), wet('03')];
    const { status, stdout, stderr, file } = await replay('unknown.jsonl', `${lines.join('\n')}\n`);
    expect(stderr.trim()).toBe(`${file}:1: warning: the site has no point gauge-9/depth: 2 lines are passed over`);
    expect(JSON.parse(stdout)).toMatchObject({ subject: 'gauge-1/depth/wet' });
    expect(status).toBe(0);
  });

  test('that is not there, exit 3', () => {
    const { status, stderr } = gengfu('replay', '--site', join(folder, 'replay'), join(folder, 'none.csv'));
    expect(stderr).toMatch(/none\.csv/);
    expect(status).toBe(3);
  });
});

describe('from a checkout', () => {
  test('npx gengfu runs on the Node.js that comes with the project', () => {
    const { status, stdout, stderr } = run('npx', 'gengfu', 'schema');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toBeTypeOf('object');
    expect(status).toBe(0);
  });

  const old = '/usr/bin/node';
  const version = existsSync(old) ? run(old, '--version').stdout.trim() : '';
  test.skipIf(version === '' || /^v2[2-9]/.test(version))(
    `a Node.js that cannot read TypeScript (${version || 'none here'}) says what is needed, exit 2`,
    () => {
      const { bin } = JSON.parse(run('cat', 'package.json').stdout);
      const { status, stderr } = run(old, bin.gengfu, 'run');
      expect(stderr).toContain('gengfu needs Node.js 24.15');
      expect(stderr).toContain(version.slice(1));
      expect(status).toBe(2);
    },
  );
});
