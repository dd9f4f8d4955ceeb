import { STATUS_CODES } from 'node:http';

/** What is said to who pushed: a problem document (RFC 9457) where it is refused. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export const jsonAnswer = (body: object): Answer => ({
  status: 200,
  type: 'application/json',
  body: JSON.stringify(body),
});

export const textAnswer = (body: string): Answer => ({ status: 200, type: 'text/plain; charset=utf-8', body });

/** `code` is what a program tells refusals apart by, `detail` a sentence for a person; neither holds what was sent. */
export const problem = (
  status: number,
  code: string,
  detail: string,
  headers?: Readonly<Record<string, string>>,
): Answer => ({
  status,
  type: 'application/problem+json',
  body: JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Refused', status, code, detail }),
  headers,
});
