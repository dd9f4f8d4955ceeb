import type { Sent } from './channel.ts';

/** The answers of a channel, by name. */
export const accepted = (receipt: string | null = null): Sent => ({ status: 'accepted', receipt });
export const delivered = (receipt: string | null): Sent => ({ status: 'delivered', receipt });
export const rejected = (code: string, message: string): Sent => ({ status: 'rejected', code, message });
export const later = (code: string, message: string, retryMs: number | null = null): Sent => ({
  status: 'later',
  code,
  message,
  retryMs,
});
export const unknown = (code: string, message: string): Sent => ({ status: 'unknown', code, message });

export const hasGone = (sent: Sent): boolean => sent.status === 'accepted' || sent.status === 'delivered';
