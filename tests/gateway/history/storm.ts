// History under load, as a process of its own that the test kills: node storm.ts DIR. Prints `kept AT STORED` for each
// batch: how many readings were stored before it.
import { openHistory } from '../../../gateway/history/open-history.ts';
import { silentLog } from '../../../gateway/kit/log.ts';

// Segments are short, so that it is killed while it packs too.
const history = await openHistory({
  dir: process.argv[2] ?? '',
  log: silentLog,
  keepFreeBytes: 0,
  segmentReadings: 500,
});
let last = 0;
setInterval(() => {
  const at = Math.max(Date.now(), last + 1);
  last = at;
  const stored = history.status().readings;
  history.keep(
    Array.from({ length: 50 }, (_, n) => ({ point: `d-${n}/v`, value: n, at, tick: at, quality: 'good' as const })),
  );
  console.log(`kept ${at} ${stored}`);
}, 20);
