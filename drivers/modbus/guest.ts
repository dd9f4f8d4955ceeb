import type { LineAnswer, Symptom } from '../driver.ts';
import type { Answer } from './line.ts';

export const closedAnswer = (why: string): Extract<LineAnswer, { kind: 'closed' }> => ({
  ...{ kind: 'closed', why, tookMs: 0, echo: false },
});

/** Of a question at settings that the line cannot be given. */
export const refusedAnswer = (why: string): LineAnswer => ({ ...closedAnswer(why), isRefused: true });

export const NO_SETTINGS = refusedAnswer('the settings of this line cannot be changed from here');

/** An answer as a job is given it; its data is a copy. */
export function guestAnswer(
  answer: Answer,
  tookMs: number,
  echo = false,
  symptom: Symptom = answer.kind === 'spoilt' ? 'garbage' : 'silence',
): LineAnswer {
  const said = { tookMs: Math.max(tookMs, 0), echo };
  switch (answer.kind) {
    case 'data':
      return { kind: 'data', data: Uint8Array.from(answer.data), ...said };
    case 'exception':
      return { kind: 'exception', code: answer.code, ...said };
    case 'silence':
    case 'spoilt':
      return { kind: 'none', symptom: symptom === 'silence' && echo ? 'echo-only' : symptom, ...said };
    case 'closed':
      return { ...closedAnswer('the link went down'), tookMs };
    default:
      return answer satisfies never;
  }
}
