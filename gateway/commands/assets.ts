import { readFile, stat, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { codeOf } from '#kit/fault.ts';
import { encodeProblem } from '../../config/check-report.ts';
import type { AssetImport, AssetProblem, PhotoView } from '../api/device-desk.ts';
import { encodeAssets, readAssets } from '../commissioning/assets-csv.ts';
import { checkPhotoSize } from '../commissioning/assets-photos.ts';
import { askGateway } from '../door.ts';
import { deviceViews } from '../installer/device-views.ts';
import { checkAsset } from '../installer/installer-desk.ts';
import { decodeOfficeText } from '../permits/permit-text.ts';
import { changeDevices } from '../site/device-edits.ts';
import { editDirectory } from '../site/site-editing.ts';
import { runningData, siteOf, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const MOST_TOLD = 100;

interface Values {
  readonly data?: string;
  readonly site?: string;
  readonly check: boolean;
  readonly 'with-edits': boolean;
}

/** From the gateway that runs, or else from the site's directory when that is named. */
async function either<T>(values: Values, data: string, ask: () => Promise<T>, alone: (dir: string) => Promise<T>) {
  try {
    return await ask();
  } catch (error) {
    if (codeOf(error) !== 'no-gateway' || values.site === undefined) throw error;
    const done = await alone(values.site);
    console.error(`no gateway runs on ${data}: this is of the site's directory`);
    return done;
  }
}

async function exportTo(values: Values, data: string, file: string): Promise<number> {
  const csv = await either<string | null>(
    values,
    data,
    async () => (await askGateway(data, { ask: 'assets' })) as string,
    async (dir) => {
      const site = await siteOf(dir, { missingSecrets: 'warning' });
      return site === null ? null : encodeAssets(deviceViews(site));
    },
  );
  if (csv === null) return EXIT.no;
  if (file === '-') process.stdout.write(csv);
  else await writeFile(file, csv);
  return EXIT.done;
}

async function importFrom(values: Values, data: string, file: string): Promise<number> {
  const csv = decodeOfficeText(await readFile(file));
  const how = { withEdits: values['with-edits'], isTrial: values.check };
  const done = await either<Exclude<AssetImport, { status: 'refused' }> | null>(
    values,
    data,
    async () => (await askGateway(data, { ask: 'site-assets', csv, ...how })) as never,
    (dir) => importAlone(dir, csv, values.check),
  );
  if (done === null) return EXIT.no;
  tellProblems(file, done.problems);
  if (done.problems.length > 0) return EXIT.no;
  const { rows, changed, unchanged } = done;
  console.log(values.check ? `ok: ${rows} devices` : `${changed.length} changed, ${unchanged} as they were`);
  return EXIT.done;
}

function tellProblems(file: string, problems: readonly AssetProblem[]): void {
  for (const { row, column, message } of problems.slice(0, MOST_TOLD)) {
    console.error(`${file}: row ${row}: ${column === null ? '' : `${column}: `}${message}`);
  }
  if (problems.length > MOST_TOLD) console.error(`… and ${problems.length - MOST_TOLD} more`);
  if (problems.length > 0) console.error('nothing was imported');
}

async function importAlone(dir: string, csv: string, isTrial: boolean) {
  const present = await siteOf(dir, { missingSecrets: 'warning' });
  if (present === null) return null;
  const { rows, changes, problems } = readAssets(csv, deviceViews(present), checkAsset);
  const changed = [...changes.keys()];
  const answer = { status: 'unchanged' as const, rows, changed, unchanged: rows - changed.length, problems };
  if (problems.length > 0 || changed.length === 0) return answer;
  const { site, problems: found } = await editDirectory(dir, (texts) => changeDevices(texts, changes), isTrial);
  if (site !== null) return answer;
  for (const problem of found) console.error(encodeProblem(problem));
  console.error('nothing was imported');
  return null;
}

async function photo(data: string, device: string, file: string): Promise<number> {
  checkPhotoSize((await stat(file)).size);
  const base64 = (await readFile(file)).toString('base64');
  const { name, bytes } = (await askGateway(data, { ask: 'photo', device, base64 })) as PhotoView;
  console.log(`${device}: ${name}, ${Math.ceil(bytes / 1024)} KB`);
  return EXIT.done;
}

export const assets: Command = {
  usage:
    '[export FILE | import FILE [--check] [--with-edits] | photo DEVICE FILE | photos DEVICE] (--data DIR | --site DIR)',
  summary: 'the device register as CSV, out and in; photos of devices as they were put up',
  async run(args) {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    const options = { data: text, site: text, check: flag, 'with-edits': flag };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const [verb, first, second] = positionals;
    switch (verb) {
      case 'export':
        return exportTo(values, data, wanted(first, 'FILE'));
      case 'import':
        return importFrom(values, data, wanted(first, 'FILE'));
      case 'photo':
        return photo(data, wanted(first, 'DEVICE'), wanted(second, 'FILE'));
      case 'photos': {
        const found = (await askGateway(data, { ask: 'photos', device: wanted(first, 'DEVICE') })) as PhotoView[];
        for (const { name, at, bytes } of found) console.log(`${name}  ${new Date(at).toISOString()}  ${bytes} bytes`);
        return EXIT.done;
      }
      default:
        throw wrongUsage(verb === undefined ? 'a verb is wanted' : `no verb '${verb}'`);
    }
  },
};
