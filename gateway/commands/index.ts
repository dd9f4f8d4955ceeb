import { codeOf, Fault, textOf } from '#kit/fault.ts';
import { type Command, EXIT } from './command.ts';

/** Loaded when called, so that none pays for another at its start. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  demo: async () => (await import('./demo.ts')).demo,
  check: async () => (await import('./check.ts')).check,
  init: async () => (await import('./init.ts')).init,
  scan: async () => (await import('./scan.ts')).scan,
  read: async () => (await import('./read.ts')).read,
  listen: async () => (await import('./listen.ts')).listen,
  replay: async () => (await import('./replay.ts')).replayCommand,
  history: async () => (await import('./history.ts')).history,
  alarms: async () => (await import('./alarms.ts')).alarms,
  'walk-test': async () => (await import('./walk-test.ts')).walkTestCommand,
  drill: async () => (await import('./drill.ts')).drill,
  outputs: async () => (await import('./outputs.ts')).outputs,
  duty: async () => (await import('./duty.ts')).duty,
  permits: async () => (await import('./permits.ts')).permits,
  background: async () => (await import('./background.ts')).background,
  ledger: async () => (await import('./ledger.ts')).ledger,
  users: async () => (await import('./users.ts')).users,
  profile: async () => (await import('./profile.ts')).profile,
  adopt: async () => (await import('./adopt.ts')).adopt,
  assets: async () => (await import('./assets.ts')).assets,
  report: async () => (await import('./report.ts')).report,
  site: async () => (await import('./site.ts')).site,
  schema: async () => (await import('./schema.ts')).schema,
  sim: async () => (await import('./sim.ts')).sim,
};

/** What a gateway that runs answers with a no. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...[
    'link-busy',
    'too-many-jobs',
    'no-such-link',
    'no-such-device',
    'no-such-point',
    'no-loan',
    'no-tap',
    'bad-subnet',
  ],
  ...['no-background', 'no-such-alarm', 'closed', 'not-durable', 'no-such-site'],
  ...[
    'duty-unknown',
    'duty-report',
    'permit-invalid',
    'permit-site',
    'permit-exists',
    'permit-revision',
    'no-such-permit',
    'too-many-permits',
    'encoding',
  ],
  ...[
    'no-rule',
    'no-such-device',
    'no-such-point',
    'alarm-stands',
    'no-such-drill',
    'drill-runs',
    'no-drill',
    'no-drill-points',
  ],
  ...['no-such-output', 'output-value', 'output-time', 'output-silence'],
  ...['site-invalid', 'site-needs-restart', 'site-busy', 'site-differs', 'site-failed', 'site-edit'],
  ...['site-unwritable', 'no-such-device', 'not-a-photo', 'too-many-photos', 'too-large', 'no-photo'],
]);

async function help(): Promise<string> {
  const lines = ['usage: gengfu COMMAND …; gengfu COMMAND --help says how', ''];
  for (const [name, load] of Object.entries(COMMANDS)) lines.push(`  ${name.padEnd(12)} ${(await load()).summary}`);
  return lines.join('\n');
}

const usageOf = (name: string, { usage }: Command): string => `usage: ${`gengfu ${name} ${usage}`.trimEnd()}`;

/** Runs `gengfu ARGS` and gives its exit status. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    console.log((await import('../version.ts')).VERSION);
    return EXIT.done;
  }
  if (name === undefined || name === 'help' || name === '--help') {
    console.log(await help());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    console.error(`gengfu: no command '${name}'. Commands: ${Object.keys(COMMANDS).join(', ')}`);
    return EXIT.usage;
  }
  const command = await load();
  if (rest.includes('--help')) {
    console.log(`${usageOf(name, command)}\n  ${command.summary}`);
    return EXIT.done;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    const isUsage = codeOf(error)?.startsWith('ERR_PARSE_ARGS') === true || codeOf(error) === 'usage';
    console.error(`gengfu ${name}: ${textOf(error)}`);
    if (error instanceof Fault && error.hint !== undefined) console.error(`  ${error.hint}`);
    if (!isUsage) return REFUSALS.has(codeOf(error) ?? '') ? EXIT.no : EXIT.world;
    console.error(usageOf(name, command));
    return EXIT.usage;
  }
}
