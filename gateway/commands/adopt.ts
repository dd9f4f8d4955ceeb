import { parseArgs } from 'node:util';
import { codeOf } from '#kit/fault.ts';
import { encodeProblem } from '../../config/check-report.ts';
import { askGateway, type DoorRequest } from '../door.ts';
import { adoptDevice, type DeviceEdit, removeDevice, type SiteTexts } from '../site/device-edits.ts';
import { editDirectory } from '../site/site-editing.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { DEVICE_OPTIONS, deviceFields } from './device-fields.ts';

const OPTIONS = {
  ...DEVICE_OPTIONS,
  data: { type: 'string' },
  site: { type: 'string' },
  file: { type: 'string' },
  unknown: { type: 'string' },
  out: { type: 'string' },
  check: { type: 'boolean', default: false },
  'with-edits': { type: 'boolean', default: false },
} as const;

/** What a gateway answers, and in short what is done without one. */
type Done = Pick<DeviceEdit, 'device' | 'file' | 'lines'> & {
  readonly number: number | null;
  readonly warnings: readonly string[];
};

/**
 * Asks the gateway that runs; where none does and the site's directory is named, its files alone are changed.
 * Null when the site is not right, after that was told.
 */
async function change(
  values: { readonly data?: string; readonly site?: string; readonly check: boolean },
  asked: DoorRequest,
  make: (texts: SiteTexts) => DeviceEdit,
): Promise<Done | null> {
  const data = await runningData(values);
  if (data === null) return null;
  try {
    return (await askGateway(data, asked)) as Done;
  } catch (error) {
    if (codeOf(error) !== 'no-gateway' || values.site === undefined) throw error;
    return await changeAlone(values.site, make, values.check, data);
  }
}

async function changeAlone(
  site: string,
  make: (texts: SiteTexts) => DeviceEdit,
  isTrial: boolean,
  data: string,
): Promise<Done | null> {
  let edit: DeviceEdit | undefined;
  const keep = (texts: SiteTexts) => {
    edit = make(texts);
    return edit.changes;
  };
  const { problems, site: checked } = await editDirectory(site, keep, isTrial);
  for (const problem of problems.filter(({ severity }) => checked !== null || severity === 'error')) {
    console.error(encodeProblem(problem));
  }
  if (checked === null || edit === undefined) {
    console.error('nothing was written');
    return null;
  }
  if (!isTrial) console.error(`no gateway runs on ${data}: it takes this at its next start`);
  return { ...edit, number: null, warnings: [] };
}

function tell({ device, file, lines, number, warnings }: Done, isTrial: boolean, deed: string): void {
  for (const warning of warnings) console.error(warning);
  console.log(`${isTrial ? 'would be ' : ''}${deed}: ${device}, in ${file}`);
  for (const line of lines) console.log(`  ${line}`);
  if (number !== null && !isTrial) console.log(`site ${number} runs; gengfu site back puts an earlier one back`);
}

export const adopt: Command = {
  usage:
    '(--site DIR | --data DIR) --profile P --link L (--address N | --topic T | --mn MN | --dev-eui E | --unknown NAME) [--id ID --name NAME --scene S --grid G --at LON,LAT --serial S … --set KEY=VALUE] [--file devices/x.yaml] [--check] [--with-edits] | --out DEVICE',
  summary: 'a found device into the site, applied at once; --out takes one out of it',
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (positionals.length > 0) throw wrongUsage(`what is '${positionals[0]}'?`);
    const { file, unknown, check, out } = values;
    const how = { withEdits: values['with-edits'], isTrial: check };
    if (out !== undefined) {
      const done = await change(values, { ask: 'site-device-out', device: out, ...how }, (texts) => {
        return removeDevice(texts, out);
      });
      if (done !== null) tell(done, check, 'taken out');
      return done === null ? EXIT.no : EXIT.done;
    }
    const device = deviceFields(values);
    wanted(values.profile, '--profile');
    wanted(values.link, '--link');
    const asked = { device, ...(unknown === undefined ? {} : { unknown }), ...(file === undefined ? {} : { file }) };
    const done = await change(values, { ask: 'site-adopt', asked, ...how }, (texts) => adoptDevice(texts, asked));
    if (done !== null) tell(done, check, 'adopted');
    return done === null ? EXIT.no : EXIT.done;
  },
};
