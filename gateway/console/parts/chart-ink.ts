import type uPlot from 'uplot';

/** A horizontal line: what must not be passed. */
export interface LimitLine {
  readonly value: number;
  readonly label: string;
}

/** An instant worth a vertical line. */
export interface Mark {
  /** UTC ms. */
  readonly at: number;
}

/** Readings that are not good: marks at their time, by shape as well as by colour. */
export interface Doubt {
  /** UTC ms. */
  readonly at: number;
  readonly quality: 'uncertain' | 'bad';
}

export interface Extras {
  readonly limits: readonly LimitLine[];
  readonly marks: readonly Mark[];
  readonly doubts: readonly Doubt[];
}

/** A colour of the page's style sheet, so that charts follow its light and dark. */
export const ink = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function drawLimits(chart: uPlot, limits: readonly LimitLine[]): void {
  const { ctx, bbox } = chart;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.strokeStyle = ink('--chart-limit');
  ctx.fillStyle = ink('--chart-limit');
  for (const { value, label } of limits) {
    const y = chart.valToPos(value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(label, bbox.left + 4 * devicePixelRatio, y - 4 * devicePixelRatio);
  }
  ctx.setLineDash([]);
}

function drawMarks(chart: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = chart;
  ctx.strokeStyle = ink('--chart-mark');
  ctx.fillStyle = ink('--chart-mark');
  const size = 5 * devicePixelRatio;
  for (const { at } of marks) {
    const x = chart.valToPos(at / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.globalAlpha = 0.4;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + size * 1.5);
    ctx.fill();
  }
}

/** Bad: a cross at the foot of the chart. Uncertain: a ring there. */
function drawDoubts(chart: uPlot, doubts: readonly Doubt[]): void {
  const { ctx, bbox } = chart;
  const size = 3 * devicePixelRatio;
  const y = bbox.top + bbox.height - size * 2;
  for (const { at, quality } of doubts) {
    const x = chart.valToPos(at / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ink(quality === 'bad' ? '--chart-bad' : '--chart-uncertain');
    ctx.beginPath();
    if (quality === 'bad') {
      ctx.moveTo(x - size, y - size);
      ctx.lineTo(x + size, y + size);
      ctx.moveTo(x + size, y - size);
      ctx.lineTo(x - size, y + size);
    } else {
      ctx.arc(x, y, size, 0, 2 * Math.PI);
    }
    ctx.stroke();
  }
}

/** Everything that is not the line itself. */
export function drawExtras(chart: uPlot, { limits, marks, doubts }: Extras): void {
  chart.ctx.save();
  chart.ctx.lineWidth = 1.25 * devicePixelRatio;
  drawLimits(chart, limits);
  drawMarks(chart, marks);
  drawDoubts(chart, doubts);
  chart.ctx.restore();
}
