import { parseArgs } from 'node:util';
import type { Overheard } from '../../drivers/driver.ts';
import { wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { doJob, placeOptions, resultOf } from './job.ts';
import { LONE, loneLink } from './job-line.ts';

const OPTIONS = { ...placeOptions, port: { type: 'string' } } as const;

export const listen: Command = {
  usage: 'LINK (--site DIR | --data DIR) | --port TTY|URL  [--json]',
  summary: 'what passes on a link, decoded as it comes, until Ctrl-C; it sends nothing itself',
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const { port, json = false, site, data } = values;
    const link = port === undefined ? wanted(positionals[0], 'LINK') : LONE;
    const place = { site, data, link: port === undefined ? undefined : loneLink(port) };
    const view = await doJob({ kind: 'listen', link }, place, ({ is, said }) => {
      if (is === 'heard') console.log(json ? JSON.stringify(said) : encodeHeard(said as Overheard));
    });
    if (view === null) return EXIT.no;
    const { dropped } = resultOf<{ dropped: number } | null>(view) ?? { dropped: 0 };
    if (dropped > 0) console.error(`${dropped} were left out: they came faster than they could be told`);
    return EXIT.done;
  },
};

/** `22:34:50.012 → unit 3  read holding registers 0x0000 × 1`, an arrow for each way, `✗` for a wrong check sum. */
export function encodeHeard({ at, way, who, what, isRight, hex }: Overheard): string {
  const time = new Date(at).toISOString().slice(11, 23);
  const from = who === null ? '' : `${who}  `;
  const bytes = isRight || hex === undefined ? '' : `  ${hex}`;
  return `${time}Z ${way === 'out' ? '→' : '←'} ${isRight ? '' : '✗ '}${from}${what}${bytes}`;
}
