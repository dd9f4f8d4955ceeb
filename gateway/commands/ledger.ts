import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { verifyLedger } from '../ledger/verify.ts';
import { dataDirectory, siteOf, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

export const ledger: Command = {
  usage: 'verify (--data DIR | --site DIR)',
  summary: 'whether the log of alarm events is whole: numbers, chain, states',
  async run(args) {
    const options = { data: { type: 'string' }, site: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'verify') throw wrongUsage('verify is what a ledger can do');
    let data = values.data;
    if (data === undefined) {
      if (values.site === undefined) throw wrongUsage('--data or --site is wanted');
      const site = await siteOf(values.site, { missingSecrets: 'warning' });
      if (site === null) return EXIT.no;
      data = dataDirectory(undefined, site.gateway);
    }
    const { ok, entries, head, problems, problemCount } = await verifyLedger(join(data, 'ledger.db'));
    for (const { sequence, message } of problems) console.log(`${sequence ?? '-'}: ${message}`);
    console.log(ok ? `ok: ${entries} entries, head ${head}` : `not whole: ${problemCount} problems`);
    return ok ? EXIT.done : EXIT.no;
  },
};
