import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { dayOf, minuteOfDay, timeOfDay } from '../time.ts';
import { drawExtras, type Extras, ink } from './chart-ink.ts';

/** Readings as columns, oldest first; a value that is null, or not good, is a gap. */
export interface Columns {
  /** UTC ms. */
  readonly at: readonly number[];
  readonly value: readonly (number | string | null)[];
  readonly quality: readonly ('good' | 'uncertain' | 'bad')[];
}

interface ChartProps {
  readonly label: string;
  readonly columns: Columns;
  /** UTC ms. */
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  /** How a value reads on the axis and under the pointer; a state's name too. */
  readonly show: (value: number | string) => string;
  readonly extras: Omit<Extras, 'doubts'>;
}

const HEIGHT = 260;
const PHONE_HEIGHT = 200;
const DAY_S = 86_400;

/** Names of states in the order they came; empty for a point of numbers. */
const statesOf = (columns: Columns): readonly string[] => [
  ...new Set(columns.value.filter((value) => typeof value === 'string')),
];

function plot(columns: Columns, states: readonly string[]): uPlot.AlignedData {
  const y = columns.value.map((value, n) => {
    if (columns.quality[n] === 'bad' || value === null) return null;
    return typeof value === 'string' ? states.indexOf(value) : value;
  });
  return [columns.at.map((at) => at / 1000), y];
}

/** One point over time, in the site's zone, with what it must not pass and where its readings are not good. */
export function Chart({ label, columns, from, to, zone, show, extras }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLOutputElement>(null);
  const chart = useRef<uPlot>(undefined);
  const states = useMemo(() => statesOf(columns), [columns]);
  const stateKey = states.join(' ');
  const doubts = columns.quality.flatMap((quality, n) =>
    quality === 'good' ? [] : [{ at: columns.at[n] ?? 0, quality }],
  );
  // What the chart's own call-backs read: always the newest, without building the chart anew.
  const present = useRef({ from, to, show, states, extras: { ...extras, doubts }, columns });
  present.current = { from, to, show, states, extras: { ...extras, doubts }, columns };

  // biome-ignore lint/correctness/useExhaustiveDependencies: states are their names; the rest is read from `present`
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const size = () => ({
      width: element.clientWidth,
      height: element.clientWidth < 480 ? PHONE_HEIGHT : HEIGHT,
    });
    const grid = { stroke: ink('--chart-grid'), width: 1 };
    const axis: uPlot.Axis = { stroke: ink('--chart-text'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
    const options: uPlot.Options = {
      ...size(),
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { time: true, range: () => [present.current.from / 1000, present.current.to / 1000] },
        y: { range: (_chart, low, high) => rangeOf(low, high, present.current) },
      },
      axes: [
        {
          ...axis,
          space: 70,
          values: (_chart, splits, _axis, _space, increment) =>
            splits.map((s) =>
              increment >= DAY_S
                ? dayOf(s * 1000, zone)
                : increment < 60
                  ? timeOfDay(s * 1000, zone)
                  : minuteOfDay(s * 1000, zone),
            ),
        },
        {
          ...axis,
          size: states.length > 0 ? 90 : 52,
          ...(states.length > 0 ? { splits: () => states.map((_, n) => n) } : {}),
          values: (_chart, splits) =>
            splits.map((y) => (states.length > 0 ? present.current.show(present.current.states[y] ?? '') : String(y))),
        },
      ],
      series: [
        {},
        {
          stroke: ink('--chart-line'),
          width: 1.5,
          spanGaps: false,
          points: { show: (_chart, _series, low, high) => high - low < 60, size: 4 },
          ...(states.length > 0 && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
        },
      ],
      hooks: {
        draw: [(drawn) => drawExtras(drawn, present.current.extras)],
        setCursor: [
          ({ cursor }) => {
            if (readout.current === null) return;
            const { columns: now, show: read } = present.current;
            const at = typeof cursor.idx === 'number' ? now.at[cursor.idx] : undefined;
            const value = typeof cursor.idx === 'number' ? now.value[cursor.idx] : undefined;
            readout.current.textContent =
              at === undefined ? '' : `${dayOf(at, zone)} ${timeOfDay(at, zone)}  ${value == null ? '—' : read(value)}`;
          },
        ],
      },
    };
    const made = new uPlot(options, plot(present.current.columns, states), element);
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize(size()));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [zone, stateKey]);

  useEffect(() => {
    chart.current?.setData(plot(columns, states));
  });

  return (
    <figure className="chart" aria-label={label}>
      <output ref={readout} className="chart-readout" />
      <div ref={holder} />
    </figure>
  );
}

/** The values with room around them, and always the limits: a line that is off the chart warns nobody. */
function rangeOf(
  low: number | null,
  high: number | null,
  { states, extras }: { readonly states: readonly string[]; readonly extras: Extras },
): [number, number] {
  if (states.length > 0) return [-0.5, states.length - 0.5];
  const all = [low, high, ...extras.limits.map(({ value }) => value)].filter((value) => value !== null);
  if (all.length === 0) return [0, 1];
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  const room = Math.max((top - bottom) * 0.1, 0.5);
  // What cannot be negative does not seem so.
  return [bottom >= 0 && bottom - room < 0 ? 0 : bottom - room, top + room];
}
