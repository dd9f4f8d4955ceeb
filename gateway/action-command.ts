import { type Action, action, type Receipt } from './alarms/action.ts';

/** The answer to a command; a refusal names every field that is wrong. */
export type ActionReply =
  | { readonly status: 'done' | 'unchanged'; readonly alarm: string | null }
  | { readonly status: 'refused'; readonly code: string; readonly message: string };

/** An action as it came, without who asks; nothing is done of one that is not right. */
export async function takeAction(
  act: (action: Action) => Promise<Receipt>,
  asked: unknown,
  by: string,
): Promise<ActionReply> {
  const fields = typeof asked === 'object' && asked !== null ? asked : { kind: asked };
  if ('by' in fields) return { status: 'refused', code: 'invalid', message: 'by: is who asks, and not said' };
  const read = action.safeParse({ ...fields, by });
  if (!read.success) {
    const errors = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { status: 'refused', code: 'invalid', message: errors.join('; ') };
  }
  const receipt = await act(read.data);
  return receipt.status === 'refused' ? receipt : { status: receipt.status, alarm: receipt.alarm?.id ?? null };
}
