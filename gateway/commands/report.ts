import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { askGateway } from '../door.ts';
import { runningData, wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

export const report: Command = {
  usage: '[DEVICE …] --out FILE.html (--data DIR | --site DIR)',
  summary: 'the commissioning report (安装调试验收单) of a gateway that runs: one page to print and sign',
  async run(args) {
    const text = { type: 'string' } as const;
    const options = { data: text, site: text, out: text };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const out = wanted(values.out, '--out');
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const page = String(await askGateway(data, { ask: 'report', devices: positionals }));
    if (out === '-') process.stdout.write(page);
    else await writeFile(out, page);
    if (out !== '-') console.log(out);
    return EXIT.done;
  },
};
