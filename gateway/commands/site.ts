import { parseArgs } from 'node:util';
import type { SiteAnswer, SiteHistory } from '../api/context.ts';
import { askGateway } from '../door.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

type Applied = Exclude<SiteAnswer, { status: 'refused' }>;

const row = ({ number, at, hash, by, from, of }: SiteHistory['sites'][number], isPresent: boolean): string => {
  const whence = from === 'back' ? `back ${of}` : from;
  const time = new Date(at).toISOString();
  return `${isPresent ? '*' : ' '} ${String(number).padStart(4)}  ${time}  ${hash.slice(0, 12)}  ${whence.padEnd(9)}  ${by}`;
};

function tellHistory({ sites, difference }: SiteHistory): void {
  for (const [i, site] of sites.entries()) console.log(row(site, i === 0));
  if (difference === null || difference.length === 0) return;
  console.log("the site's directory is otherwise than what runs (* above):");
  for (const { file, change } of difference) console.log(`  ${change.padEnd(7)} ${file}`);
}

function tellAnswer({ status, number, warnings }: Applied): void {
  for (const warning of warnings) console.error(warning);
  console.log(`${status}: site ${number}`);
}

export const site: Command = {
  usage: '[history | reload | back N] (--data DIR | --site DIR)',
  summary: 'changes the site of a gateway that runs; the sites applied last',
  async run(args) {
    const options = { data: { type: 'string' }, site: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [verb = 'history', number] = positionals;
    if (!['history', 'reload', 'back'].includes(verb)) throw wrongUsage(`no verb '${verb}'`);
    if (verb === 'back' && !/^[1-9]\d{0,8}$/.test(wanted(number, 'N'))) throw wrongUsage(`not a number: ${number}`);
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    // The door answers each of these with what is asserted of it here.
    if (verb === 'history') tellHistory((await askGateway(data, { ask: 'site-history' })) as SiteHistory);
    else if (verb === 'reload') tellAnswer((await askGateway(data, { ask: 'site-reload' })) as Applied);
    else tellAnswer((await askGateway(data, { ask: 'site-back', number: Number(number) })) as Applied);
    return EXIT.done;
  },
};
