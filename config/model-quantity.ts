import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { codeOf } from '#kit/fault.ts';
import { ROOT } from '#kit/root.ts';
import { isMapping, valueAt } from './document.ts';

const SHIPPED = join(ROOT, 'config', 'profiles');

/**
 * What the first point of a device model measures, for a name of such a device; undefined when there is no such model that
 * can be read, which the loader tells. `own`: the texts of the site's `profiles/`.
 */
export async function modelQuantity(profile: string, own: Iterable<string>): Promise<string | undefined> {
  for (const text of own) {
    const model = parsed(text);
    if (isMapping(model) && model.profile === profile) return quantityOf(model);
  }
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(profile)) return undefined;
  const text = await readFile(join(SHIPPED, `${profile}.yaml`), 'utf8').catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
    return '';
  });
  return quantityOf(parsed(text));
}

function parsed(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    // The loader tells what is wrong with it.
    return null;
  }
}

function quantityOf(model: unknown): string | undefined {
  const quantity = valueAt(model, ['points', 0, 'quantity']);
  return typeof quantity === 'string' ? quantity : undefined;
}
