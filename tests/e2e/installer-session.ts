/**
 * An installer's morning at a cabinet, in commands alone and without opening a file: each model that ships and can be used
 * is found, adopted, read, walk-tested to the duty phone, and stands in the commissioning report with what was seen. The
 * devices are simulated from the models themselves, on real sockets and ttys; the gateway is a process of its own.
 *
 * usage: node tests/e2e/installer-session.ts [--report FILE.html] [PROFILE …]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { openCabinet } from './installer/cabinet.ts';
import { usableModels } from './installer/models.ts';
import { encodeSeen, work } from './installer/session.ts';

const { values, positionals } = parseArgs({ options: { report: { type: 'string' } }, allowPositionals: true });
const models = usableModels(positionals);
const began = performance.now();
await using cabinet = await openCabinet(models);
const { seen, report } = await work(cabinet, models, console.log);
if (values.report !== undefined) await writeFile(values.report, report);

console.log('\nmodel, found as, adopted, read, walk test, seconds, receipts');
for (const each of seen) console.log(encodeSeen({ ...each, trouble: '' }));
const passed = seen.filter(({ found, walked }) => found !== null && walked?.passed === true).length;
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`${passed} of ${models.length} from scan to walk test, ${cabinet.messages()} text messages, ${seconds} s`);
process.exitCode = passed === models.length ? 0 : 1;
