import { createHash } from 'node:crypto';
import { lookUp } from '../../json-path.ts';
import { parsePayload } from '../../json-payload.ts';
import { textAnswer } from '../answer.ts';
import type { BodyFlaw, Message } from '../parse-body.ts';
import type { Guard, Verdict } from './guard.ts';
import { isSameSecret } from './same-secret.ts';

const REFUSED: Verdict = { is: 'refused', why: 'signature' };

const textAt = (json: unknown, ...names: string[]): string | undefined => {
  const found = names.map((name) => lookUp(json, [name])).find((value) => value !== undefined);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
};

/** An envelope's `msg`: a text of JSON, or JSON itself. What stands beside it is not signed, and nothing is read of it. */
function parseMessage(msg: unknown): { readonly text: string; readonly message: Message | BodyFlaw } | undefined {
  if (typeof msg === 'object' && msg !== null) return { text: JSON.stringify(msg), message: { tree: msg } };
  if (typeof msg !== 'string') return undefined;
  const parsed = parsePayload(Buffer.from(msg));
  return { text: msg, message: parsed === undefined ? 'json' : { tree: parsed.json } };
}

/**
 * As OneNET signs: base64 of MD5 over `token + nonce + msg`; a GET with `msg`, `nonce` and `signature` is the cloud's test of
 * the address and is answered with `msg` (OneNET, HTTP push, developer's guide). The order of the three, the names `signature`
 * and `msg_signature` of the envelope, and `msg` as a text are *unverified* against a live cloud.
 */
export function openSignMd5(token: string): Guard {
  const isRight = (nonce: string, msg: string, signature: string): boolean =>
    isSameSecret(
      signature,
      createHash('md5')
        .update(token + nonce + msg)
        .digest('base64'),
    );
  return {
    needsBody: true,
    check({ method, query }, body) {
      if (method === 'GET') {
        const msg = query.get('msg') ?? '';
        // A sender that does not escape the `+` of base64 has it read as a blank.
        const signature = (query.get('signature') ?? '').replaceAll(' ', '+');
        return isRight(query.get('nonce') ?? '', msg, signature)
          ? { is: 'answered', answer: textAnswer(msg) }
          : REFUSED;
      }
      const json = parsePayload(body)?.json;
      const signed = parseMessage(lookUp(json, ['msg']));
      const nonce = textAt(json, 'nonce') ?? '';
      const signature = textAt(json, 'signature', 'msg_signature');
      if (signed === undefined || signature === undefined || !isRight(nonce, signed.text, signature)) return REFUSED;
      // Without the nonce: where it ends and the message begins is not signed.
      return { is: 'let-in', once: signature, message: signed.message };
    },
  };
}
