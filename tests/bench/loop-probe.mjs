/**
 * Loaded before a gateway (`--import`): appends to the file LOOP_PROBE, at each SIGUSR2, p99.9 and most of the main loop's
 * delay since the last one, in ms.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 2 });
delay.enable();
process.on('SIGUSR2', () => {
  appendFileSync(process.env.LOOP_PROBE, `${delay.percentile(99.9) / 1e6} ${delay.max / 1e6}\n`);
  delay.reset();
});
