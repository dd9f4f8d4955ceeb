import { parseArgs } from 'node:util';
import { encodeCheck } from '../../config/check-report.ts';
import { loadSite } from '../../config/load.ts';
import { kinds } from '../kinds.ts';
import { wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

export const check: Command = {
  usage: '--site DIR',
  summary: 'every problem of a site, each as file:line:column: message',
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { site: { type: 'string' } } });
    const loaded = await loadSite(wanted(values.site, '--site'), kinds, { missingSecrets: 'warning' });
    for (const line of encodeCheck(loaded)) console.log(line);
    return loaded.site === null ? EXIT.no : EXIT.done;
  },
};
