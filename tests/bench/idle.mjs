/**
 * A process that does nothing, for how late the machine itself makes a loop: prints p99.9 and most, in ms, since the
 * line before for each line it is given.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

// As the gateway measures its own.
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
createInterface({ input: process.stdin }).on('line', () => {
  console.log(`${delay.percentile(99.9) / 1e6} ${delay.max / 1e6}`);
  delay.reset();
});
