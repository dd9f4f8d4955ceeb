import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { ROOT } from '#kit/root.ts';
import { suggest } from '../../config/nearest.ts';
import { listShipped } from '../../config/profiles.ts';
import { wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { tryProfile } from './profile-try.ts';

const SHIPPED = join(ROOT, 'config', 'profiles');

export const profile: Command = {
  usage: 'list | show NAME | try FILE|NAME [--data FILE | --link URL --address N] [--height 4.2m]',
  summary:
    'device models: those that ship, and one tried by itself, on its own test data, on yours, or on a real device',
  async run(args) {
    const text = { type: 'string' } as const;
    const options = { data: text, link: text, address: text, height: text };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [verb, name, ...rest] = positionals;
    if (rest.length > 0) throw wrongUsage(`what is '${rest[0]}'?`);
    if (verb === 'list') return await list();
    if (verb === 'show') return await show(wanted(name, 'NAME'));
    if (verb === 'try') return await tryProfile(await fileOf(wanted(name, 'FILE')), values);
    throw wrongUsage(verb === undefined ? 'a verb is wanted' : `no verb '${verb}'`);
  },
};

async function list(): Promise<number> {
  for (const name of await listShipped(SHIPPED)) {
    const { protocol, template, title } = parse(await readFile(join(SHIPPED, `${name}.yaml`), 'utf8'));
    console.log(
      [name.padEnd(26), protocol.padEnd(8), template ? 'template' : '        ', title?.zh, title?.en].join('  '),
    );
  }
  return EXIT.done;
}

/** The file as it ships, with its comments: to be written into a site's `profiles/`. */
async function show(name: string): Promise<number> {
  const names = await listShipped(SHIPPED);
  if (!names.includes(name)) throw wrongUsage(`there is no profile "${name}" that ships; ${suggest(name, names)}`);
  process.stdout.write(await readFile(join(SHIPPED, `${name}.yaml`)));
  return EXIT.done;
}

/** A file, or by its name one that ships. */
async function fileOf(given: string): Promise<string> {
  if (existsSync(given)) return given;
  const names = await listShipped(SHIPPED);
  if (names.includes(given)) return join(SHIPPED, `${given}.yaml`);
  throw wrongUsage(`${given} is neither a file nor a profile that ships; ${suggest(given, names)}`);
}
