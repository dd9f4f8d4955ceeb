import { once } from 'node:events';
import { start } from '../tools/program.ts';
import type { Figure } from './figure.ts';

/** What the others must keep of their rate, in percent, by the kind of link. */
const LEAST: readonly (readonly [RegExp, number])[] = [
  [/^modbus-tcp/, 99],
  [/^modbus-rtu/, 95],
];
/** Noise of a percent of the rate must not look like a percent of what is lost. */
const NOISE = 0.5;

/** modbus-dead-unit.ts, in figures. */
export async function deadUnit(seconds: number): Promise<Figure[]> {
  await using program = start(process.execPath, ['tests/bench/modbus-dead-unit.ts', String(seconds)]);
  if (program.process.exitCode === null) await once(program.process, 'exit');
  const lines = program.output().split('\n');
  const figures = lines.flatMap((line): Figure[] => {
    const [, kind = '', kept = '', worst = ''] =
      /^(.+?): the 19 keep ([\d.]+) %, the worst of them ([\d.]+) %/.exec(line) ?? [];
    const overlapping = Number(/on top of each other (\d+)/.exec(line)?.[1]);
    const least = LEAST.find(([pattern]) => pattern.test(kind))?.[1];
    if (least === undefined) return [];
    return [
      {
        name: `one dead unit of 20, ${kind}: rate that the others keep`,
        asked: `at least ${least} %, no collision`,
        measured: `${kept} %, the worst of them ${worst} %, ${overlapping} collisions (${seconds} s)`,
        ofBound: overlapping > 0 ? Number.POSITIVE_INFINITY : (100 - Number(kept)) / (100 - least + NOISE),
      },
    ];
  });
  if (figures.length === 0) throw new Error(`modbus-dead-unit.ts said nothing that is known: ${program.output()}`);
  return figures;
}
