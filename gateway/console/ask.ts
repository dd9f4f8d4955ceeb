/** RFC 9457, as the gateway answers what it cannot do. Status 0: it did not answer at all. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code?: string;
  readonly hint?: string;
  /** What is wrong where. */
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export type Answered<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** How long an answer may take before the gateway counts as away. */
const PATIENCE_MS = 8000;

/** Asks the gateway; what went wrong is the answer too. `patienceMs` for what takes longer by its nature. */
export async function ask<T>(
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: object,
  patienceMs = PATIENCE_MS,
): Promise<Answered<T>> {
  const request: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(patienceMs) };
  if (method !== 'GET') {
    request.headers = { 'content-type': 'application/json' };
    request.body = JSON.stringify(body ?? {});
  }
  try {
    const response = await fetch(`/api/v1/${path}`, request);
    const text = await response.text();
    const parsed: unknown = text === '' ? null : JSON.parse(text);
    // The routes are our own gateway's: their shapes are its contract, not checked again here.
    if (response.ok) return { ok: true, value: parsed as T };
    const problem = typeof parsed === 'object' && parsed !== null ? (parsed as Partial<Problem>) : {};
    return { ok: false, problem: { title: response.statusText, ...problem, status: response.status } };
  } catch (error) {
    return { ok: false, problem: { title: String(error), status: 0, code: 'no-answer' } };
  }
}

export const part = encodeURIComponent;
