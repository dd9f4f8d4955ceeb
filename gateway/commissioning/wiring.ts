import type { Clock } from '#kit/clock.ts';
import type { BorrowedLine, LineAnswer, LineQuestion, SerialSettings } from '../../drivers/driver.ts';
import { countAnswers, type ErrorCounts, type Hint, hintOf } from './hints.ts';
import type { JobTools } from './job.ts';
import { nameSettings, scanTimeout } from './scan-order.ts';

export interface WiringResult {
  readonly counts: ErrorCounts;
  readonly hint: Hint;
}

const TIMES = 5;
/** After silence an answer that is only late is waited for so many time-outs, so that it is not taken for the next one. */
const LATE_TIMEOUTS = 4;
/** And so often: a device that is slow is so always. */
const LATE_TIMES = 2;
/** At other settings it is asked once, and waited for so many time-outs: it may be slow as well. */
const ELSEWHERE_PATIENCE = 4;

/**
 * Asks one unit several times the same and says what the pattern of errors means. Where it never answers it is asked at
 * other settings too, since a wrong baud or parity is mostly silence.
 */
export async function testWiring(
  line: BorrowedLine,
  question: Pick<LineQuestion, 'unit' | 'table' | 'address' | 'count'>,
  others: readonly SerialSettings[],
  { signal, progress }: Pick<JobTools, 'signal' | 'progress'>,
  wire: Clock,
  timeoutMs = scanTimeout(line.settings),
): Promise<WiringResult> {
  const { settings: own } = line;
  const answers: LineAnswer[] = [];
  const total = TIMES + others.length;
  const ask = (settings?: SerialSettings) =>
    line.ask(
      {
        ...question,
        timeoutMs:
          Math.max(timeoutMs, scanTimeout(settings ?? own)) * (settings === undefined ? 1 : ELSEWHERE_PATIENCE),
        ...(settings === undefined ? {} : { settings }),
      },
      signal,
    );
  for (let done = 0; done < TIMES; done++) {
    progress({ done, total, etaMs: null, at: own === undefined ? '' : nameSettings(own) });
    const answer = await ask();
    answers.push(answer);
    const isSilent = answer.kind === 'none' && answer.symptom === 'silence';
    if (isSilent && done < LATE_TIMES) await wire.sleep(LATE_TIMEOUTS * timeoutMs, signal);
  }
  const counts = { ...countAnswers(answers), own };
  const isDeaf = answers.every(({ kind, late }) => kind === 'none' && late === undefined);
  if (!isDeaf || own === undefined || !line.isSettable || counts.double > 0) return { counts, hint: hintOf(counts) };
  let done = TIMES;
  for (const settings of others) {
    if (nameSettings(settings) === nameSettings(own)) continue;
    progress({ done: done++, total, etaMs: null, at: nameSettings(settings) });
    const { kind } = await ask(settings);
    if (kind !== 'data' && kind !== 'exception') continue;
    const found = { ...counts, elsewhere: settings };
    return { counts: found, hint: hintOf(found) };
  }
  return { counts, hint: hintOf(counts) };
}
