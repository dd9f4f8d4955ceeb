import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openZone } from '#kit/zone.ts';
import { loadSite } from '../../config/load.ts';
import { ALARM_TYPE, type AlarmEvent } from '../../gateway/alarms/alarm-event.ts';
import { kinds } from '../../gateway/kinds.ts';
import { Recording } from '../../gateway/replay/recording.ts';
import { replay } from '../../gateway/replay/replay.ts';

/**
 * A case is a folder that is named for the sentence of the rules that it proves: `site/`, `recording.jsonl` or `.csv`,
 * where it runs on beyond its last line the time in `until`, and `expected.jsonl`: a line for each event in order, with
 * the fields that matter.
 */
type Told = Readonly<Record<string, unknown>>;

const HERE = import.meta.dirname;
const MAIN = join(HERE, '../../gateway/main.ts');
/** The case that also goes through the command that people call. */
const BY_COMMAND = 'silence-is-told-at-its-deadline';

const folders = (await readdir(HERE, { withFileTypes: true })).filter((each) => each.isDirectory());
const cases = folders.map(({ name }) => name).sort();

async function filesOf(name: string): Promise<{ site: string; recording: string; until: string | null }> {
  const files = await readdir(join(HERE, name));
  const recording = files.find((file) => file === 'recording.jsonl' || file === 'recording.csv');
  if (recording === undefined) throw new Error(`${name} has no recording`);
  const until = files.includes('until') ? (await readFile(join(HERE, name, 'until'), 'utf8')).trim() : null;
  return { site: join(HERE, name, 'site'), recording: join(HERE, name, recording), until };
}

const linesOf = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const expectedOf = async (name: string): Promise<Told[]> =>
  linesOf(await readFile(join(HERE, name, 'expected.jsonl'), 'utf8'));

/** Of an event what its expectation names; of one that nobody expected what tells it best. */
function seen({ type, time, subject, data }: AlarmEvent, expected: Told | undefined, called: Called): Told {
  const { alarm, follows } = data;
  const ids = { alarm: called(alarm), follows: follows === null ? null : called(follows) };
  const all: Told = { ...data, ...ids, type: type.slice(ALARM_TYPE.length), time, subject };
  const names = expected === undefined ? ['type', 'time', 'subject', 'level', 'reason'] : Object.keys(expected);
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

/** What an alarm that stands owes by itself: of interest where a case says so. */
const OWED = ['escalated', 'noted'];

/** Without what is owed by alarms, unless the case expects such. */
function ofInterest(events: readonly AlarmEvent[], expected: readonly Told[]): readonly AlarmEvent[] {
  const left = OWED.filter((step) => !expected.some(({ type }) => type === step));
  return events.filter(({ type }) => !left.includes(type.slice(ALARM_TYPE.length)));
}

type Called = (alarm: string) => string;

/** Ids are made anew in each run: an alarm is called by the number of the event that told of it first, such as `@1`. */
function allSeen(events: readonly AlarmEvent[], expected: readonly Told[]): Told[] {
  const called = (alarm: string) => `@${events.findIndex(({ data }) => data.alarm === alarm) + 1}`;
  return events.map((event, i) => seen(event, expected[i], called));
}

test.each(cases)('%s', async (name) => {
  const { site: dir, recording, until } = await filesOf(name);
  const { site, problems } = await loadSite(dir, kinds);
  if (site === null) throw new Error(`${name}: ${JSON.stringify(problems, null, 2)}`);
  const lines = new Recording(recording, openZone(site.timeZone), until === null ? null : Date.parse(until));
  const events: AlarmEvent[] = [];
  for await (const event of replay(site, lines, until === null ? null : Date.parse(until))) {
    events.push(event);
  }
  const expected = await expectedOf(name);
  expect(allSeen(ofInterest(events, expected), expected)).toEqual(expected);
});

test('the command prints the same events, and nothing else', async () => {
  const { site, recording, until } = await filesOf(BY_COMMAND);
  const args = [MAIN, 'replay', '--site', site, recording, ...(until === null ? [] : ['--until', until])];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  const expected = await expectedOf(BY_COMMAND);
  expect({ told: allSeen(linesOf(stdout), expected), stderr }).toEqual({ told: expected, stderr: '' });
});
