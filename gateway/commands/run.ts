import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { levels, pino } from 'pino';
import { openClock } from '#kit/clock.ts';
import { codeOf, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { ROOT } from '#kit/root.ts';
import { clearScratch } from '#kit/scratch.ts';
import { openTrust } from '#kit/trust.ts';
import type { Gateway } from '../gateway.ts';
import { programMark } from '../site/program-mark.ts';
import { CHECK } from '../site/site-editing.ts';
import { type LoadSite, loadHere, siteToStart } from '../site/site-start.ts';
import { keepChecked, SiteWorker } from '../site/site-worker.ts';
import { KeptClock } from '../time/kept-clock.ts';
import { VERSION } from '../version.ts';
import { knownData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

/** The built page, beside the gateway in a checkout and in a build alike. */
export const CONSOLE_DIR = join(ROOT, 'gateway', 'console', 'dist');

/** Resolves when the process is asked to end. */
export const asked = (): Promise<unknown> => Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);

const LOG_LEVELS = Object.keys(levels.values);

export const run: Command = {
  usage: '--site DIR [--data DIR] [--log LEVEL]',
  summary: 'the gateway on that site',
  async run(args) {
    const options = { site: { type: 'string' }, data: { type: 'string' }, log: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const { log: level = 'info' } = values;
    if (!LOG_LEVELS.includes(level)) throw wrongUsage(`--log is one of ${LOG_LEVELS.join(', ')}`);
    const dir = wanted(values.site, '--site');
    const log = pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
    const end = asked();
    // Asked before it runs, a changed site is taken over as soon as it does.
    let hangUp = () => {
      isHungUp = true;
    };
    let isHungUp = false;
    process.on('SIGHUP', () => hangUp());
    // What is not needed to ask a device is loaded after that.
    const loading = import('../gateway.ts');
    const wire = openClock();
    await using worker = new SiteWorker(wire);
    const mark = programMark();
    // A checkout keeps no checked site; a thread of its own would only load everything twice.
    const load: LoadSite = mark === null ? loadHere : (from, how) => worker.load(from, how, null);
    const start = await siteToStart(dir, (gateway) => knownData(values.data, gateway), log, { load, mark });
    if (start === null) return EXIT.no;
    const { site, source, data, isKnown } = start;
    using trust = await openTrust(site.clockTrust);
    const kept = new KeptClock(openClock(), trust, site.clockSources);
    const clocks = { clock: kept, kept, wire };
    const options_ = { site, source, data, ...clocks, log, consoleDir: CONSOLE_DIR, version: VERSION };
    await using running = new AsyncDisposableStack();
    const gateway = running.use(await (await loading).openGateway(options_));
    const { openDoor } = await import('../door.ts');
    running.use(await openDoor(data, gateway, log));
    console.log(`Console: ${gateway.url}${await firstLink(gateway, log)}`);
    const keeping = mark === null || isKnown ? Promise.resolve() : keepChecked(worker, dir, data, mark, log);
    void keeping.then(() => worker[Symbol.asyncDispose]());
    hangUp = () => gateway.site.hangUp('SIGHUP');
    if (isHungUp) hangUp();
    // Copies of a site that one who was killed has left: people stand in them.
    await clearScratch(CHECK);
    await end;
    await running.disposeAsync();
    const { waiting, error } = gateway.status().ledger;
    if (waiting === 0) return EXIT.done;
    console.error(
      `gengfu run: ended before ${waiting} events could be stored: ${error ?? 'the ledger did not answer'}`,
    );
    return EXIT.world;
  },
};

/** For a box that has no user yet. A disk that takes nothing must not keep the watch from starting: it makes none now. */
async function firstLink(gateway: Gateway, log: Log): Promise<string> {
  try {
    return (await gateway.users()).length === 0 ? `\nSign in once: ${await gateway.invite('admin')}` : '';
  } catch (error) {
    const hint = 'gengfu users invite --role admin';
    log.error({ code: codeOf(error), hint }, `there is no link to sign in with: ${textOf(error)}`);
    return '';
  }
}
