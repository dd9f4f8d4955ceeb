/**
 * aedes-persistence's own suite over our store, under `node --test`; with REOPENED=1 each look-up is answered by a store
 * that was closed and opened again since the last change, so that all of it has been on disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Sessions } from '../../../../drivers/mqtt/sessions/sessions.ts';
import { openClock } from '../../../../gateway/kit/clock.ts';
import { silentLog } from '../../../../gateway/kit/log.ts';

// It has no types of its own.
const abstract = createRequire(import.meta.url)('aedes-persistence/abstract.js') as (options: {
  readonly test: typeof test;
  persistence(): Promise<Sessions>;
  readonly testAsync: true;
}) => void;

const isReopened = process.env.REOPENED === '1';
const CHANGES = /^(store|add|remove|clean|outgoingEnqueue|outgoingUpdate|outgoingClear|incomingStore|incomingDel)/;
const LOOKS_UP = /^(subscriptionsBy|countOffline|incomingGet|outgoing|incoming)/;
const STREAMS = /^(createRetained|outgoingStream|getClientList)/;

const open = async (dir: string): Promise<Sessions> => {
  const sessions = new Sessions({ dir, wire: openClock(), log: silentLog });
  await sessions.restore();
  return sessions;
};

/** A store in a folder of its own, which goes with it. */
async function persistence(): Promise<Sessions> {
  const dir = mkdtempSync(join(tmpdir(), 'sessions-'));
  let sessions = await open(dir);
  let broker: { readonly id: string } = { id: '' };
  let isDirty = false;
  const reopen = async () => {
    if (!isReopened || !isDirty) return;
    isDirty = false;
    await sessions.destroy();
    sessions = await open(dir);
    await sessions.setup(broker);
  };
  const call = (name: string | symbol, args: readonly unknown[]): unknown => {
    const method: unknown = Reflect.get(sessions, name, sessions);
    return typeof method === 'function' ? method.apply(sessions, args) : method;
  };
  const replacements: Readonly<Record<string | symbol, unknown>> = {
    async destroy() {
      await sessions.destroy();
      rmSync(dir, { recursive: true });
    },
    async setup(given: { readonly id: string }) {
      broker = given;
      await sessions.setup(given);
    },
  };
  return new Proxy(sessions, {
    get(_, name) {
      // It is awaited.
      if (name === 'then') return undefined;
      if (name === 'broker') return broker;
      if (Object.hasOwn(replacements, name)) return replacements[name];
      const text = String(name);
      if (STREAMS.test(text)) {
        return (...args: unknown[]) =>
          Readable.from(
            (async function* () {
              await reopen();
              yield* call(name, args) as Readable;
            })(),
          );
      }
      if (!CHANGES.test(text) && !LOOKS_UP.test(text)) return (...args: unknown[]) => call(name, args);
      return async (...args: unknown[]) => {
        if (LOOKS_UP.test(text)) await reopen();
        if (CHANGES.test(text)) isDirty = true;
        return await call(name, args);
      };
    },
  });
}

abstract({ test, persistence, testAsync: true });
