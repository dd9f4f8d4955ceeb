import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DURATION, parseDuration } from '#kit/duration.ts';
import type { JobView, News } from '../commissioning/job.ts';
import type { WalkStep, WalkTested } from '../commissioning/walk-test.ts';
import { askGateway } from '../door.ts';
import { runningData, wanted, wrongUsage } from './arguments.ts';
import { type Command, EXIT } from './command.ts';

const LOOK_MS = 250;
const WITHIN = '5min';

const line = ({ step, ok, detail, at }: WalkStep): string =>
  `${ok ? '✓ 通过' : '✗ 未过'}  ${(at ?? '').slice(11, 19).padEnd(8)}  ${step.padEnd(18)}  ${detail}`;

export const walkTestCommand: Command = {
  usage: 'DEVICE [--point P] [--rule R] [--live [--within 5min]] [--json] (--data DIR | --site DIR)',
  summary: 'proves the way from a point through rule, ledger and upstream to people, marked as a test (联调测试)',
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        site: { type: 'string' },
        point: { type: 'string' },
        rule: { type: 'string' },
        live: { type: 'boolean', default: false },
        within: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const device = wanted(positionals[0], 'DEVICE');
    const { within = WITHIN } = values;
    if (!DURATION.test(within)) throw wrongUsage(`--within is a time such as ${WITHIN}, not ${within}`);
    const data = await runningData(values);
    if (data === null) return EXIT.no;
    const tell = (text: string) => (values.json ? undefined : console.log(text));
    const started = (await askGateway(data, {
      ask: 'walk-test',
      device,
      ...(values.point === undefined ? {} : { point: values.point }),
      ...(values.rule === undefined ? {} : { rule: values.rule }),
      ...(values.live ? { withinMs: parseDuration(within) } : {}),
    })) as JobView;
    if (values.live) tell(`${device} is under test: make it happen within ${within}`);
    const stop = () => void askGateway(data, { ask: 'walk-test-stop', id: started.id }).catch(() => {});
    process.once('SIGINT', stop);
    let after = 0;
    for (;;) {
      const asked = { ask: 'walk-test-news', id: started.id, after } as const;
      const { view, news } = (await askGateway(data, asked)) as { view: JobView; news: News[] };
      for (const { number, is, said } of news) {
        after = number;
        if (is === 'step') tell(line(said as WalkStep));
      }
      if (view.state === 'running') {
        await sleep(LOOK_MS);
        continue;
      }
      process.off('SIGINT', stop);
      const tested = view.result as WalkTested | null;
      if (values.json) console.log(JSON.stringify(tested, null, 2));
      const passed = view.state === 'done' && tested?.passed === true;
      const why = view.fault === null ? '' : `: ${view.fault.message}`;
      if (!passed && view.state !== 'done') console.error(`the walk test ${view.state}${why}`);
      const what = tested === null ? device : `${tested.device}/${tested.point}, ${tested.rule}`;
      tell(`${passed ? 'passed 通过' : 'not passed 未通过'}: ${what}`);
      return passed ? EXIT.done : EXIT.no;
    }
  },
};
