import type { SpecProblem } from '../driver.ts';
import { commandTopic } from './command.ts';
import type { MqttDevice } from './kind.ts';
import { isWithin } from './topic.ts';

type WritablePoint = MqttDevice['points'][number];

/** What is wrong with how points of a link are written: a command must reach its device, and no other. */
export function checkCommands(isEmbedded: boolean, devices: readonly MqttDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const told = new Map<string, string>();
  for (const { id, options, points } of devices) {
    const refuse = (point: string, message: string) => problems.push({ device: id, point, message, severity: 'error' });
    for (const point of points) {
      const own = options.topic;
      if (point.source.write === undefined) continue;
      if (own === undefined) {
        refuse(point.id, 'is written by publishing, which only a device with a topic of its own hears');
        continue;
      }
      const topic = commandTopic(own, point) ?? '';
      const other = devices.find((each) => each.id !== id && isOf(each, topic))?.id ?? told.get(topic);
      if (topic === own)
        refuse(point.id, `is written on ${topic}, where the device reports: a command needs another topic`);
      else if (isEmbedded && !isWithin(topic, own)) {
        refuse(
          point.id,
          `is written on ${topic}, which is not below ${own}: the embedded broker lets the device hear nothing else`,
        );
      } else if (other !== undefined && other !== id) refuse(point.id, `is written on ${topic}, which is ${other}'s`);
      told.set(topic, id);
      for (const flaw of flawsOf(point)) refuse(point.id, flaw);
    }
  }
  return problems;
}

const isOf = ({ options }: MqttDevice, topic: string): boolean =>
  options.topic !== undefined && isWithin(topic, options.topic);

/** Each state has its payload, and a number goes into one. */
function flawsOf({ states, source: { write } }: WritablePoint): string[] {
  if (write === undefined) return [];
  const { payload, payloads } = write;
  if (payloads === undefined) {
    const isOne = JSON.stringify(payload)?.includes('{value}') === true;
    return isOne ? [] : ['its payload is the same for every value: it needs {value}, or payloads by state'];
  }
  if (states === undefined) return ['is a number, and has payloads by state: it needs a payload with {value}'];
  const names = [...new Set(Object.values(states))];
  const odd = Object.keys(payloads).find((name) => !names.includes(name));
  return odd === undefined ? [] : [`has a payload for "${odd}", which is none of its states ${names.join(', ')}`];
}
