import { parseArgs } from 'node:util';
import { codeOf, textOf } from '#kit/fault.ts';
import { openZone } from '#kit/zone.ts';
import { encodeEntry, GENESIS, type Head, hashOf, packDraft } from '../ledger/entry.ts';
import { type Line, readRecording } from '../recording.ts';
import { replay } from '../replay.ts';
import { instantOf, siteOf, wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

/** Bytes gathered before they are written: a write for each event would be most of the time. */
const CHUNK = 65_536;

const write = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));

export const replayCommand: Command = {
  usage: '--site DIR FILE [--until TIME]',
  summary: 'a recording (CSV or JSON lines) through rules and alarms; prints events',
  async run(args) {
    const options = { site: { type: 'string' }, until: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const file = wanted(positionals[0], 'FILE');
    const until = values.until === undefined ? null : instantOf(values.until);
    const site = await siteOf(wanted(values.site, '--site'), { missingSecrets: 'warning' });
    if (site === null) return EXIT.no;
    const recording = noteUnknown(
      readRecording(file, openZone(site.timeZone)),
      file,
      new Set(site.points.map(({ key }) => key)),
    );
    let head: Head = GENESIS;
    let text = '';
    try {
      for await (const event of replay(site, recording, until)) {
        const json = encodeEntry(site.gateway, head, packDraft(event));
        head = { sequence: head.sequence + 1, hash: hashOf(json) };
        text += `${json}\n`;
        if (text.length >= CHUNK) {
          await write(text);
          text = '';
        }
      }
    } catch (error) {
      if (codeOf(error) !== 'recording') throw error;
      await write(text);
      console.error(textOf(error));
      return EXIT.no;
    }
    await write(text);
    return EXIT.done;
  },
};

/** The same lines; a point that the site has not is told on standard error, at its first line. */
async function* noteUnknown(lines: AsyncIterable<Line>, file: string, points: ReadonlySet<string>) {
  const told = new Set(points);
  for await (const line of lines) {
    if (line.kind === 'reading' && !told.has(line.reading.point)) {
      const { point } = line.reading;
      told.add(point);
      console.error(`${file}:${line.line}: warning: the site has no point ${point}: its lines are passed over`);
    }
    yield line;
  }
}
