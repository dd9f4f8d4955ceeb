import { parseArgs } from 'node:util';
import { askGateway } from '../door.ts';
import { runningData, wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

export const background: Command = {
  usage: 'DEVICE (--data DIR | --site DIR)',
  summary: 'learns anew how a tilt sensor stands, from its next 10 good readings on',
  async run(args) {
    const options = { data: { type: 'string' }, site: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const device = wanted(positionals[0], 'DEVICE');
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    console.log(await askGateway(data, { ask: 'background', device }));
    return EXIT.done;
  },
};
