import type { Entry } from './document.ts';
import type { PointModel } from './point-model.ts';
import type { Report } from './report.ts';

/**
 * The point as it is on a device that hangs so high, millimetres. Where its value is a height less what is measured, that
 * becomes part of its conversion, and of its range: beyond the height the value would lie below zero, which is a gauge
 * out of place and no dry road. Undefined, and a problem, where the height is missing or too small.
 */
export function placeHeight(
  model: PointModel,
  heightMm: number | undefined,
  device: Entry,
  report: Report,
): PointModel | undefined {
  if (model.height === undefined) return model;
  const refuse = (message: string) => {
    report.error(device.at(['height']), `${device.prefix}height: ${message}`);
    return undefined;
  };
  if (heightMm === undefined) {
    return refuse(
      `is missing: ${model.id} is the device's height above the surface less what it measures, such as 4.2m`,
    );
  }
  const height = heightMm * model.height.factor;
  const [least, most] = model.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (height <= least)
    return refuse(`${heightMm} mm is nearer than the ${least / model.height.factor} mm it can measure`);
  if (height > most) {
    const message = `${heightMm} mm is farther than the ${most / model.height.factor} mm it can measure: ${model.id} is out of range while it is small`;
    report.warn(device.at(['height']), `${device.prefix}height: ${message}`);
  }
  const { factor, offset } = model.convert;
  return {
    ...model,
    convert: { factor: -factor, offset: height * factor + offset },
    range: [least, Math.min(most, height)],
  };
}
