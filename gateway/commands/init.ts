import { parseArgs } from 'node:util';
import { initSite } from '../../config/init.ts';
import { wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

export const init: Command = {
  usage: 'DIR',
  summary: 'a first site, with comments',
  async run(args) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const dir = wanted(positionals[0], 'DIR');
    await initSite(dir);
    console.log(`A first site is in ${dir}. Next: gengfu check --site ${dir}, then gengfu run --site ${dir}`);
    return EXIT.done;
  },
};
