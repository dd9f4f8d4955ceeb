import { parseArgs } from 'node:util';
import { askGateway } from '../door.ts';
import { type DrillReport, encodeDrillHtml, encodeDrillText } from '../exercises/drill-report.ts';
import { drillNames } from '../exercises/drill-script.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

function tell(report: DrillReport, { json, html }: { json: boolean; html: boolean }): void {
  console.log(json ? JSON.stringify(report, null, 2) : html ? encodeDrillHtml(report) : encodeDrillText(report));
}

export const drill: Command = {
  usage: 'flood | fire | noise | stop | report [--place GRID] [--speed 10] [--json | --html] (--data DIR | --site DIR)',
  summary: 'plays a drill that nobody can take for real (演练), and reports every time',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        site: { type: 'string' },
        place: { type: 'string' },
        speed: { type: 'string' },
        json: { type: 'boolean', default: false },
        html: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const verb = wanted(positionals[0], `one of ${[...(await drillNames()), 'stop', 'report'].join(', ')}`);
    const speed = values.speed === undefined ? undefined : Number(values.speed);
    if (speed !== undefined && !Number.isFinite(speed)) throw wrongUsage(`--speed is a number, not ${values.speed}`);
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    // The door answers each of these with what is asserted of it here.
    if (verb === 'report') {
      const report = (await askGateway(data, { ask: 'drill-report' })) as DrillReport | null;
      if (report === null) console.error('no drill was played since the start of the gateway');
      else tell(report, values);
      return report === null ? EXIT.no : EXIT.done;
    }
    if (verb === 'stop') {
      tell((await askGateway(data, { ask: 'drill-stop' })) as DrillReport, values);
      return EXIT.done;
    }
    const asked = {
      ask: 'drill',
      drill: verb,
      ...(values.place === undefined ? {} : { place: values.place }),
      ...(speed === undefined ? {} : { speed }),
    } as const;
    const { title, points } = (await askGateway(data, asked)) as DrillReport;
    console.log(
      `【演练】${title.zh} begins on ${points.join(', ')}; gengfu drill stop ends it, gengfu drill report tells of it`,
    );
    return EXIT.done;
  },
};
