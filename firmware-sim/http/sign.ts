import { createHash, createHmac } from 'node:crypto';
import type { Push } from './speak.ts';

/** How the cloud shows who it is. */
export type Signing =
  | {
      readonly kind: 'hmac-sha256';
      readonly secret: string;
      readonly header: string;
      readonly timestampHeader?: string;
    }
  | { readonly kind: 'sign-md5-token'; readonly token: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string };

let nonces = 0;

/** The push with what shows who sends it; `at` is when it says that it was signed, UTC milliseconds. */
export function sign(
  push: Push,
  signing: Signing | undefined,
  at: number,
): { readonly push: Push; readonly headers: Readonly<Record<string, string>> } {
  if (signing === undefined) return { push, headers: {} };
  switch (signing.kind) {
    case 'hmac-sha256': {
      const { header, secret, timestampHeader } = signing;
      const mac = createHmac('sha256', secret);
      if (timestampHeader !== undefined) mac.update(`${at}.`);
      const signature = mac.update(push.body).digest('hex');
      return { push, headers: { [header]: signature, ...(timestampHeader && { [timestampHeader]: String(at) }) } };
    }
    case 'sign-md5-token': {
      const msg = push.body.toString();
      const nonce = `n${++nonces}`;
      const signature = createHash('md5').update(`${signing.token}${nonce}${msg}`).digest('base64');
      const body = Buffer.from(JSON.stringify({ msg, nonce, signature, time: at }));
      return { push: { ...push, body }, headers: {} };
    }
    case 'bearer':
      return { push, headers: { authorization: `Bearer ${signing.token}` } };
    case 'basic': {
      const both = Buffer.from(`${signing.username}:${signing.password}`).toString('base64');
      return { push, headers: { authorization: `Basic ${both}` } };
    }
  }
}
