import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { codeOf } from '#kit/fault.ts';
import { ROOT } from '#kit/root.ts';
import { isMapping, valueAt } from './document.ts';

const SHIPPED = join(ROOT, 'config', 'profiles');

/**
 * What a device model measures first of what has a name among the quantities (`x.distance` has none), for a name of such a device; undefined when there is no such model that
 * can be read, which the loader tells. `own`: the texts of the site's `profiles/`.
 */
export function modelQuantity(profile: string, own: Iterable<string>): string | undefined {
  for (const text of own) {
    const model = parsed(text);
    if (isMapping(model) && model.profile === profile) return quantityOf(model);
  }
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(profile)) return undefined;
  return quantityOf(parsed(shipped(profile)));
}

function shipped(profile: string): string {
  try {
    return readFileSync(join(SHIPPED, `${profile}.yaml`), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
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
  const points = valueAt(model, ['points']);
  const quantities = (Array.isArray(points) ? points : [])
    .map((point) => valueAt(point, ['quantity']))
    .filter((quantity) => typeof quantity === 'string');
  return quantities.find((quantity) => !quantity.startsWith('x.')) ?? quantities[0];
}
