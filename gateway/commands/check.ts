import { parseArgs } from 'node:util';
import { loadSite } from '../../config/load.ts';
import { kinds } from '../kinds.ts';
import { printProblem, wanted } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

export const check: Command = {
  usage: '--site DIR',
  summary: 'every problem of a site, each as file:line:column: message',
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { site: { type: 'string' } } });
    const { site, problems } = await loadSite(wanted(values.site, '--site'), kinds);
    for (const problem of problems) console.log(printProblem(problem));
    if (site === null) return EXIT.no;
    const devices = site.links.flatMap((link) => link.devices);
    const parts = [
      count(site.links.length, 'link'),
      count(devices.length, 'device'),
      count(devices.flatMap((device) => device.points).length, 'point'),
      count(site.rules.length, 'rule'),
      count(site.permits.length, 'permit'),
      count(site.upstreams.length, 'upstream'),
    ];
    console.log(`ok: ${parts.join(', ')}`);
    return EXIT.done;
  },
};
