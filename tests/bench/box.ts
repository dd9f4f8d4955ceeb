import { openMosquitto } from '../tools/mosquitto.ts';
import { until } from '../tools/program.ts';
import { openBenchGateway } from './bench-gateway.ts';
import { MB, memoryOf } from './demo.ts';
import { type Figure, median } from './figure.ts';
import { openSlave } from './slave.ts';

const DEVICES = 200;
const MOST_BYTES = 170 * MB;
const STARTED_MS = 10_000;
const SAMPLE_MS = 1000;

/** The memory of a gateway of a box's size: 200 devices, each read every second, with a rule on each (DESIGN, section 6). */
export async function boxMemory(main: string, seconds: number): Promise<Figure[]> {
  await using mosquitto = await openMosquitto();
  let asked = 0;
  await using slave = await openSlave(() => {
    asked++;
    return 0;
  });
  await using site = await openBenchGateway({
    modbusPort: slave.port,
    units: DEVICES,
    every: '1s',
    mqttPort: mosquitto.port,
  });
  await using gateway = site.start(main);
  await until(() => asked > DEVICES, 'every device to be asked', 60_000);
  await new Promise((resolve) => setTimeout(resolve, STARTED_MS));
  const { pid = 0 } = gateway.process;
  const resident: number[] = [];
  for (let i = 0; i < seconds; i++) {
    resident.push((await memoryOf(pid)).now);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
  const { most } = await memoryOf(pid);
  const typical = median(resident);
  const mb = (bytes: number) => `${(bytes / MB).toFixed(0)} MB`;
  return [
    {
      name: `resident memory with ${DEVICES} devices`,
      asked: `under ${mb(MOST_BYTES)}`,
      measured: `${mb(typical)}, at the end ${mb(resident.at(-1) ?? 0)}, at most ever ${mb(most)} (${seconds} s)`,
      ofBound: typical / MOST_BYTES,
    },
  ];
}
