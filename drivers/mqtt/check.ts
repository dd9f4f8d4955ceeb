import type { SpecProblem } from '../driver.ts';
import type { MqttDevice } from './kind.ts';
import { isWithin } from './topic.ts';

const SECRET = `"\${env:NAME}"`;

/** What is wrong with how the devices of one broker share it. */
export function checkDevices(devices: readonly MqttDevice[]): SpecProblem[] {
  const problems: SpecProblem[] = [];
  const users = new Map<string, string>();
  for (const { id, options } of devices) {
    const username = options.username ?? id;
    const other = users.get(username);
    if (other !== undefined) {
      const message = `signs in as ${username}, which is ${other}'s user name; each device needs its own`;
      problems.push({ device: id, field: 'username', message, severity: 'error' });
    }
    users.set(username, id);
    if (options.password === undefined) {
      const message = `has no password, so it cannot connect; set password: ${SECRET} and give the device user name ${username}`;
      problems.push({ device: id, field: 'password', message, severity: 'warning' });
    }
    for (const outer of devices) {
      const isSame = outer.options.topic === options.topic;
      if (outer.id === id || !isWithin(options.topic, outer.options.topic) || (isSame && outer.id > id)) continue;
      const where = isSame ? 'is also the topic' : `lies below the topic ${outer.options.topic}`;
      const message = `${options.topic} ${where} of ${outer.id}, which could then speak for this device`;
      problems.push({ device: id, field: 'topic', message, severity: 'error' });
    }
  }
  return problems;
}
