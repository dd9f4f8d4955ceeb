import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { openZone } from '#kit/zone.ts';
import { readRecorded } from '../history/read-recorded.ts';
import { RecordingLines } from '../history/recording-lines.ts';
import { dataDirectory, instantOf, siteOf, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

/** Characters gathered before they are written. */
const CHUNK = 65_536;

export const history: Command = {
  usage: 'export (--data DIR | --site DIR) [--from TIME] [--to TIME] [--device ID]… FILE|-',
  summary: 'what was read, as a recording that `replay` takes',
  async run(args) {
    const options = {
      data: { type: 'string' },
      site: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      device: { type: 'string', multiple: true },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals[0] !== 'export') throw wrongUsage('export is what a history can do');
    const file = wanted(positionals[1], 'FILE or -');
    const from = values.from === undefined ? Number.NEGATIVE_INFINITY : instantOf(values.from);
    const to = values.to === undefined ? Number.POSITIVE_INFINITY : instantOf(values.to);
    const devices = values.device === undefined ? null : new Set(values.device);
    let { data } = values;
    let zone = 'UTC';
    if (values.site !== undefined) {
      const site = await siteOf(values.site, { missingSecrets: 'warning' });
      if (site === null) return EXIT.no;
      data ??= dataDirectory(undefined, site.gateway);
      zone = site.timeZone;
    }
    const dir = join(wanted(data, '--data or --site'), 'history');

    const lines = new RecordingLines({ from, encodeTime: openZone(zone).encode });
    const wants = (point: string) => devices === null || devices.has(point.slice(0, point.indexOf('/')));
    // Opened by the first look at history, so that nothing is overwritten where there is none.
    const readings = readRecorded(dir, { from, to, wants });
    let next = readings.next();
    const out: Writable = file === '-' ? process.stdout : createWriteStream(file);
    // Told by the write that it befell.
    out.on('error', () => {});
    let count = 0;
    let text = '';
    for (; next.done !== true; next = readings.next()) {
      for (const line of lines.take(next.value)) {
        text += line;
        count++;
      }
      if (text.length < CHUNK) continue;
      await write(out, text);
      text = '';
    }
    await write(out, text);
    if (out !== process.stdout) await finished(out.end());
    console.error(`${count} lines`);
    return EXIT.done;
  },
};

const write = (out: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => out.write(text, (error) => (error ? reject(error) : resolve())));
