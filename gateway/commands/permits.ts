import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { askGateway } from '../door.ts';
import type { PermitImport } from '../permits/import-permits.ts';
import { encodePermits, MOST_TOLD } from '../permits/permit-csv.ts';
import { decodeOfficeText } from '../permits/permit-text.ts';
import { PERMIT_REASONS, PERMIT_STATUSES, type Permit, type PermitEntry, type PermitReceipt } from '../rules/permit.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const STATUS_WORDS: Readonly<Record<Permit['status'], string>> = {
  applied: '已申请',
  granted: '已报备',
  refused: '不予报备',
  revoked: '已撤销',
  withdrawn: '已撤回',
  expired: '已到期',
};

const OPTIONS = {
  data: { type: 'string' },
  site: { type: 'string' },
  check: { type: 'boolean', default: false },
  csv: { type: 'boolean', default: false },
  status: { type: 'string' },
  kind: { type: 'string' },
  device: { type: 'string', multiple: true },
  grid: { type: 'string', multiple: true },
  scene: { type: 'string', multiple: true },
  tag: { type: 'string', multiple: true },
  from: { type: 'string' },
  to: { type: 'string' },
  hours: { type: 'string' },
  process: { type: 'string', multiple: true },
  reason: { type: 'string' },
  notice: { type: 'string' },
  evidence: { type: 'string' },
  note: { type: 'string' },
} as const;

type Values = ReturnType<typeof parse>['values'];
const parse = (args: readonly string[]) => parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });

const line = ({ permit, covers, revision, source, differs }: PermitEntry): string =>
  [
    permit.id,
    `${permit.status.padEnd(9)} ${STATUS_WORDS[permit.status]}`,
    covers ? 'covers now' : '',
    `${permit.from} … ${permit.to}${permit.hours === undefined ? '' : ` ${permit.hours}`}`,
    Object.entries(permit.on)
      .map(([name, value]) => `${name}=${[value].flat().join(',')}`)
      .join(' '),
    `${source} ${revision}`,
    differs === null ? '' : 'DIFFERS from the site’s file, which does not count',
  ].join('  ');

/** Which of a word's names is meant; wrong usage when none is. */
function oneOf<T extends string>(text: string, known: readonly T[], name: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw wrongUsage(`${name} is one of ${known.join(', ')}`);
  return found;
}

const one = (values: readonly string[] | undefined) => (values?.length === 1 ? values[0] : values);

/** The permit that the options say. What they leave out is not there. */
function permitOf(id: string, values: Values): object {
  const on = { device: one(values.device), grid: one(values.grid), scene: one(values.scene), tag: one(values.tag) };
  const said = {
    id,
    kind: values.kind,
    on: Object.fromEntries(Object.entries(on).filter(([, value]) => value !== undefined)),
    from: wanted(values.from, '--from'),
    to: wanted(values.to, '--to'),
    hours: values.hours,
    processes: values.process,
    status: oneOf(values.status ?? 'applied', PERMIT_STATUSES, '--status'),
    reason: values.reason === undefined ? undefined : oneOf(values.reason, PERMIT_REASONS, '--reason'),
    notice: values.notice === undefined ? undefined : { link: values.notice },
    evidence: values.evidence,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

async function list(data: string, values: Values): Promise<number> {
  const all = (await askGateway(data, { ask: 'permits' })) as PermitEntry[];
  const status = values.status === undefined ? undefined : oneOf(values.status, PERMIT_STATUSES, '--status');
  const shown = all.filter(({ permit }) => status === undefined || permit.status === status);
  if (values.csv) process.stdout.write(encodePermits(shown.map(({ permit }) => permit)));
  else for (const each of shown) console.log(line(each));
  return EXIT.done;
}

async function importFile(data: string, path: string, values: Values): Promise<number> {
  const text = decodeOfficeText(await readFile(path));
  const asked = { ask: 'permits-import', text, file: basename(path), check: values.check } as const;
  const { rows, changed, unchanged, problems, overlaps } = (await askGateway(data, asked)) as PermitImport;
  for (const { row, column, message } of problems.slice(0, MOST_TOLD)) {
    console.error(`${path}: row ${row}: ${column === null ? '' : `${column}: `}${message}`);
  }
  if (problems.length > MOST_TOLD) console.error(`… and ${problems.length - MOST_TOLD} more`);
  warn(overlaps);
  if (problems.length > 0) {
    console.error('nothing was imported');
    return EXIT.no;
  }
  console.log(values.check ? `ok: ${rows} permits` : `${changed.length} changed, ${unchanged} as they were`);
  return EXIT.done;
}

function warn(overlaps: PermitImport['overlaps']): void {
  for (const { id, with: other } of overlaps) {
    console.error(`warning: permit ${id} overlaps permit ${other}, which is of the same kind and site`);
  }
}

export const permits: Command = {
  usage:
    '[list | show ID | import FILE.csv [--check] | set STATUS ID | add ID --device D --from T --to T …] (--data DIR | --site DIR)',
  summary: 'the filings for night work of a gateway that runs',
  async run(args) {
    const { values, positionals } = parse(args);
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const [verb = 'list', first, second] = positionals;
    const change = async (permit: object, isNew: boolean): Promise<number> => {
      const note = values.note === undefined ? {} : { note: values.note };
      const asked = { ask: 'permits-change', permit, isNew, ...note } as const;
      const { status, warnings } = (await askGateway(data, asked)) as PermitReceipt;
      warn(warnings);
      console.log(status);
      return EXIT.done;
    };
    switch (verb) {
      case 'list':
        return list(data, values);
      case 'show':
        console.log(JSON.stringify(await askGateway(data, { ask: 'permit', id: wanted(first, 'ID') }), null, 2));
        return EXIT.done;
      case 'import':
        return importFile(data, wanted(first, 'FILE'), values);
      case 'add':
        return change(permitOf(wanted(first, 'ID'), values), true);
      case 'set': {
        const status = oneOf(wanted(first, 'STATUS'), PERMIT_STATUSES, 'STATUS');
        const { permit } = (await askGateway(data, { ask: 'permit', id: wanted(second, 'ID') })) as PermitEntry;
        return change({ ...permit, status }, false);
      }
      default:
        throw wrongUsage(`no verb '${verb}'`);
    }
  },
};
