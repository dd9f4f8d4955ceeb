import { parseArgs } from 'node:util';
import { DURATION, parseDuration } from '#kit/duration.ts';
import { askGateway } from '../door.ts';
import type { OutputValue, OutputView } from '../outputs/output.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const BY_DEFAULT = '10min';

const row = (output: OutputView): string =>
  [
    output.id.padEnd(16),
    output.kind.padEnd(7),
    `${output.state}${output.code === null ? '' : ` (${output.code})`}`.padEnd(10),
    `wanted ${output.wanted}, is ${output.is ?? 'not known'}`,
    output.alarm === null ? '' : `for ${output.alarm}`,
    output.by === null || output.until === null
      ? ''
      : `set by ${output.by} until ${new Date(output.until).toISOString()}`,
  ]
    .filter((part) => part !== '')
    .join('  ');

/** A number as the shell gives it, where the output takes numbers. */
function typed(text: string, values: readonly OutputValue[]): OutputValue {
  return values.some((each) => typeof each === 'number') && text.trim() !== '' && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}

export const outputs: Command = {
  usage: '[list | set ID VALUE [--for 10min] | release ID] (--data DIR | --site DIR)',
  summary: 'sirens, beacons, boards and pumps of a gateway that runs: how they are, and by hand',
  async run(args) {
    const options = { data: { type: 'string' }, site: { type: 'string' }, for: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [verb = 'list', id, value] = positionals;
    if (!['list', 'set', 'release'].includes(verb)) throw wrongUsage(`no verb '${verb}'`);
    const { for: time = BY_DEFAULT } = values;
    if (!DURATION.test(time)) throw wrongUsage(`--for is a time such as ${BY_DEFAULT}, not ${time}`);
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const list = async () => (await askGateway(data, { ask: 'outputs' })) as OutputView[];
    if (verb === 'list') {
      for (const each of await list()) console.log(row(each));
    } else if (verb === 'release') {
      console.log(row((await askGateway(data, { ask: 'output-release', id: wanted(id, 'ID') })) as OutputView));
    } else {
      const found = (await list()).find((each) => each.id === wanted(id, 'ID'));
      const asked = typed(wanted(value, 'VALUE'), found?.values ?? []);
      const ask = { ask: 'output-set', id: wanted(id, 'ID'), value: asked, forMs: parseDuration(time) } as const;
      console.log(row((await askGateway(data, ask)) as OutputView));
    }
    return EXIT.done;
  },
};
