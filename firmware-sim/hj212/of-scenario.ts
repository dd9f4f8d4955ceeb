import { reportedAt } from '../physics/persona.ts';
import { isWithin, type SimDevice, type SimPoint } from '../scenario.ts';
import type { SimTime } from '../sim-time.ts';
import type { Hj212Device, Hj212Persona, SimUpload, SimValue } from './instrument.ts';

const PERSONAS = [
  'works',
  'slow',
  'silent',
  'cut-off',
  'corrupt',
  'wrong-unit',
  'nonsense',
  'echo',
  'repeat',
] as const satisfies readonly Hj212Persona[];
/** These bend what is measured, not what is sent. */
const OF_VALUES: readonly string[] = ['stuck', 'drifting'];

/** A scenario's device as an HJ 212 instrument: each factor of its profile in the command that carries it. */
export function instrumentOf(device: SimDevice, start: number, time: SimTime): Hj212Device {
  const { id, hj212, persona } = device;
  if (hj212 === null) throw new Error(`${id}: mn is missing`);
  const vice = OF_VALUES.includes(persona) ? 'works' : PERSONAS.find((each) => each === persona);
  if (vice === undefined) throw new Error(`${id}: ${persona} is no vice of an HJ 212 instrument`);
  const groups = Map.groupBy(device.points, (point) => commandOf(factorOf(device, point)));
  return {
    id,
    ...hj212,
    persona: vice,
    now: () => time.now(),
    uploads: [...groups].map(([cn, points]) => ({
      cn,
      everyMs: Math.min(...points.map(({ model }) => model?.everyMs ?? device.everyMs)),
      values: (at) => (isWithin(device.absent, at) ? [] : points.map((point) => itemOf(device, point, start, at))),
    })),
  };
}

function factorOf(device: SimDevice, { id, model }: SimPoint): string {
  if (model?.factor === undefined || model.factor === null) throw new Error(`${device.id}/${id}: factor is missing`);
  return model.factor;
}

function itemOf(device: SimDevice, point: SimPoint, start: number, at: number): SimValue {
  const shown = reportedAt(device, point, start, at);
  const name = factorOf(device, point);
  // Never an exponent, three decimals at most (HJ 212-2017, 6.3.3).
  if (typeof shown === 'number') return { name, value: String(Math.round(shown * 1000) / 1000) };
  return { name, value: point.model?.states[shown] ?? shown };
}

/** HJ 212-2017, table 5: the suffix says of what a value is. */
function commandOf(factor: string): SimUpload['cn'] {
  const suffix = factor.slice(factor.lastIndexOf('-') + 1);
  if (suffix === 'Rtd' || suffix === 'ZsRtd') return '2011';
  if (suffix === 'RS') return '2021';
  if (suffix === 'RT') return '2041';
  return suffix === 'DayData' || suffix === 'NightData' ? '2031' : '2051';
}
