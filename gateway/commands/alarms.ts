import { parseArgs } from 'node:util';
import type { Alarm } from '../alarms/alarm.ts';
import { stateOf } from '../alarms/alarm.ts';
import { askGateway } from '../door.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const row = (alarm: Alarm): string =>
  [alarm.id, stateOf(alarm).padEnd(5), (alarm.level ?? '-').padEnd(6), alarm.watch.key, alarm.value ?? ''].join('  ');

export const alarms: Command = {
  usage: '[list | acknowledge ALARM [--note TEXT]] (--data DIR | --site DIR)',
  summary: "the open alarms of a gateway that runs, by the console's own actions",
  async run(args) {
    const options = { data: { type: 'string' }, site: { type: 'string' }, note: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const [verb = 'list', alarm] = positionals;
    if (verb === 'list') {
      for (const each of (await askGateway(data, { ask: 'alarms' })) as Alarm[]) console.log(row(each));
      return EXIT.done;
    }
    if (verb !== 'acknowledge') throw wrongUsage(`no verb '${verb}'`);
    const note = values.note;
    console.log(await askGateway(data, { ask: 'acknowledge', alarm: wanted(alarm, 'ALARM'), ...(note && { note }) }));
    return EXIT.done;
  },
};
