import { parseArgs } from 'node:util';
import { askGateway } from '../door.ts';
import { ROLES, type Role } from '../ledger/accounts.ts';
import { runningData, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text);

export const users: Command = {
  usage: '[list | invite [--role ROLE]] (--data DIR | --site DIR)',
  summary: 'who may sign in; a new one-time sign-in link',
  async run(args) {
    const options = {
      data: { type: 'string' },
      site: { type: 'string' },
      role: { type: 'string', default: 'admin' },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const [verb = 'list'] = positionals;
    if (verb === 'list') {
      for (const { name, role } of (await askGateway(data, { ask: 'users' })) as { name: string; role: string }[]) {
        console.log(`${role.padEnd(10)} ${name}`);
      }
      return EXIT.done;
    }
    if (verb !== 'invite') throw wrongUsage(`no verb '${verb}'`);
    if (!isRole(values.role)) throw wrongUsage(`--role is one of ${ROLES.join(', ')}`);
    console.log(await askGateway(data, { ask: 'invite', role: values.role }));
    return EXIT.done;
  },
};
