import { parseArgs } from 'node:util';
import { DURATION, parseDuration } from '#kit/duration.ts';
import { action } from '../alarms/action.ts';
import { type Alarm, stateOf } from '../alarms/alarm.ts';
import type { StandingView } from '../alarms/alarm-book.ts';
import { askGateway } from '../door.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const OPTIONS = {
  data: { type: 'string' },
  site: { type: 'string' },
  note: { type: 'string' },
  for: { type: 'string' },
  once: { type: 'boolean' },
  owner: { type: 'string' },
  order: { type: 'string' },
  to: { type: 'string' },
  verdict: { type: 'string' },
  passed: { type: 'boolean' },
  failed: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Each kind of action is a verb. */
const KINDS = new Map(action.options.map(({ shape }) => [shape.kind.value as string, 'on' in shape ? 'on' : 'alarm']));
const SHORT: Readonly<Record<string, string>> = { ack: 'acknowledge' };

export const alarms: Command = {
  usage:
    '[list | standing | VERB ALARM|DEVICE [--note TEXT] [--for 2h] [--once] [--owner WHO] [--order NUMBER] [--to WHO] [--verdict WHAT] [--passed | --failed]] (--data DIR | --site DIR)',
  summary: `the open alarms of a gateway that runs, and the console's own actions: ${[...KINDS.keys()].join(', ')}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [given = 'list', target] = positionals;
    const verb = SHORT[given] ?? given;
    const of = KINDS.get(verb);
    if (of === undefined && verb !== 'list' && verb !== 'standing') throw wrongUsage(`no verb '${verb}'`);
    const asked =
      of === undefined
        ? null
        : { kind: verb, [of]: wanted(target, of === 'on' ? 'DEVICE' : 'ALARM'), ...saidIn(values) };
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    if (asked !== null) console.log(await askGateway(data, { ask: 'act', action: asked }));
    else if (verb === 'list') {
      for (const each of (await askGateway(data, { ask: 'alarms' })) as Alarm[]) console.log(row(each));
    } else
      for (const line of standing((await askGateway(data, { ask: 'standing' })) as StandingView)) console.log(line);
    return EXIT.done;
  },
};

/** What the options say, under the names that an action has; what is none of its own it refuses. */
function saidIn({ note, for: time, once, owner, order, to, verdict, passed, failed }: Values): Record<string, unknown> {
  if (time !== undefined && !DURATION.test(time)) throw wrongUsage(`--for: not a duration: ${time} (such as 2h)`);
  const forMs = time === undefined ? undefined : parseDuration(time);
  const said = { note, forMs, once, owner, order, to, verdict, passed: failed === true ? false : passed };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function row(alarm: Alarm): string {
  const { id, level, watch, value, announced } = alarm;
  const covers = [
    announced?.shelved ? 'shelved' : '',
    announced?.suppressedBy ? `suppressed by ${announced.suppressedBy}` : '',
    announced?.outOfService ? `out of service: ${announced.outOfService.owner}` : '',
    alarm.staleAt === undefined ? '' : 'stale',
  ].filter((text) => text !== '');
  return [id, stateOf(alarm).padEnd(5), (level ?? '-').padEnd(6), watch.key, value ?? '', ...covers].join('  ');
}

const until = (at: number | undefined): string => (at === undefined ? '' : `until ${new Date(at).toISOString()}`);

function standing({ shelves, outOfService, workOrders, chattering, incident }: StandingView): string[] {
  const lines = [
    ...shelves.map((each) => ['shelved', each.key, each.by, until(each.until), each.note]),
    ...outOfService.map((each) => ['out of service', each.on, each.owner, until(each.end?.until), each.note]),
    ...workOrders.map((each) => ['work order', each.on, each.order, until(each.until), each.note ?? '']),
    ...chattering.map((key) => ['chatter', key]),
    ...(incident === null ? [] : [['incident', incident.id, `${incident.count} alarms`, incident.firstOut.subject]]),
  ];
  return lines.map((parts) => parts.filter((part) => part !== '').join('  '));
}
