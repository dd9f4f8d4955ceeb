import { parseArgs } from 'node:util';
import { type DutyEntry, type DutyView, MODES } from '../api/duty-desk.ts';
import { askGateway } from '../door.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const OPTIONS = {
  data: { type: 'string' },
  site: { type: 'string' },
  note: { type: 'string' },
  kind: { type: 'string' },
  of: { type: 'string' },
  came: { type: 'string' },
  from: { type: 'string' },
  limit: { type: 'string', default: '20' },
} as const;

const BY = {
  roster: 'by the roster',
  'hand-over': 'by hand-over',
  role: 'by role: the roster has nobody now',
  nobody: 'nobody',
};
const time = (at: number | null): string => (at === null ? '' : new Date(at).toISOString());

function show({ mode, modeBy, modeNote, duty, leader, shifts, since, until, by, open }: DutyView): void {
  const named = (people: DutyView['duty']) => people.map(({ id, name }) => `${name} (${id})`).join(', ') || '-';
  console.log(`mode    ${mode}${modeBy === null ? '' : `  by ${modeBy}: ${modeNote ?? ''}`}`);
  console.log(`duty    ${named(duty)}  ${BY[by]}`);
  console.log(`leader  ${named(leader)}`);
  console.log(`shifts  ${shifts.join(', ') || '-'}  ${time(since)} … ${time(until)}`);
  console.log(`open    ${open} alarms`);
}

const line = ({ number, at, kind, of, by, from, text, handOver }: DutyEntry): string =>
  [
    String(number).padStart(5),
    time(at),
    `${kind}${of === null ? '' : ` of ${of}`}`.padEnd(12),
    by,
    from === null ? '' : `from ${from}`,
    handOver === null ? '' : `${handOver.from.join(', ')} → ${handOver.to.join(', ')}, open: ${handOver.open.length}`,
    text,
  ]
    .filter((part) => part !== '')
    .join('  ');

/** One of some words; wrong usage when it is none. */
function oneOf<T extends string>(text: string, known: readonly T[], name: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw wrongUsage(`${name} is one of ${known.join(', ')}`);
  return found;
}

export const duty: Command = {
  usage:
    '[who | hand-over ID… [--note TEXT] | mode routine|IV|III|II|I --note TEXT | log [TEXT [--kind first|further|final|note] [--of N] [--came call|letter|other] [--from WHO]]] (--data DIR | --site DIR)',
  summary: 'who is on duty, hand-over, the mode of the site and the duty log of a gateway that runs',
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const [verb = 'who', ...rest] = positionals;
    const note = values.note === undefined ? {} : { note: values.note };
    switch (verb) {
      case 'who':
        show((await askGateway(data, { ask: 'duty' })) as DutyView);
        return EXIT.done;
      case 'hand-over': {
        const to = rest.length === 0 ? [wanted(undefined, 'ID')] : rest;
        console.log(line((await askGateway(data, { ask: 'duty-hand-over', to, ...note })) as DutyEntry));
        return EXIT.done;
      }
      case 'mode': {
        const mode = oneOf(wanted(rest[0], 'MODE'), MODES, 'MODE');
        console.log(await askGateway(data, { ask: 'duty-mode', mode, note: wanted(values.note, '--note') }));
        return EXIT.done;
      }
      case 'log': {
        if (rest.length === 0) {
          const limit = Number(values.limit);
          if (!Number.isInteger(limit) || limit < 1) throw wrongUsage('--limit is a whole number');
          for (const each of (await askGateway(data, { ask: 'duty-log', limit })) as DutyEntry[])
            console.log(line(each));
          return EXIT.done;
        }
        const kind = oneOf(values.kind ?? 'note', ['first', 'further', 'final', 'note'], '--kind');
        const came =
          values.came === undefined ? {} : { came: oneOf(values.came, ['call', 'letter', 'other'], '--came') };
        const of = values.of === undefined ? {} : { of: Number(values.of) };
        const from = values.from === undefined ? {} : { from: values.from };
        const entry = { kind, text: rest.join(' '), ...came, ...of, ...from };
        console.log(line((await askGateway(data, { ask: 'duty-write', entry })) as DutyEntry));
        return EXIT.done;
      }
      default:
        throw wrongUsage(`no verb '${verb}'`);
    }
  },
};
