import { type Entry, isMapping, type Path, partOf, valueAt } from './document.ts';
import { type PackUse, packFile } from './file-kinds.ts';
import { check } from './issues.ts';
import { suggest } from './nearest.ts';
import { listShipped, readShipped } from './profiles.ts';
import type { Place, Report } from './report.ts';
import type { RuleEntry } from './rules.ts';

/** Where packs are, and the ids of the site's own rules, each of which stands in place of a pack's of the same id. */
export interface Taking {
  readonly packsDir: string;
  readonly own: ReadonlySet<unknown>;
}

/** What a site takes in of a pack. */
export interface Taken {
  /** Each with what the site has otherwise. */
  readonly rules: readonly RuleEntry[];
  readonly derive: readonly Entry[];
}

export async function takePack(use: PackUse, entry: Entry, { packsDir, own }: Taking, report: Report): Promise<Taken> {
  const name = typeof use === 'string' ? use : use.pack;
  const at = entry.at(typeof use === 'string' ? [] : ['pack']);
  const file = /^[a-z0-9][a-z0-9.-]*$/.test(name) ? await readShipped(packsDir, name, 'pack', at, report) : null;
  if (file === null) {
    report.error(at, `packs: there is no pack "${name}"; ${suggest(name, await listShipped(packsDir))}`);
    return { rules: [], derive: [] };
  }
  const pack = file === undefined ? undefined : check(packFile, file, report);
  if (pack === undefined) return { rules: [], derive: [] };
  const overrides = typeof use === 'string' ? {} : (use.override ?? {});
  const ids = pack.rules.map((rule) => String(valueAt(rule, ['id'])));
  for (const id of Object.keys(overrides)) {
    const place = entry.at(['override', id], 'key');
    if (!ids.includes(id)) {
      report.error(place, `override: the pack ${name} has no rule "${id}"; ${suggest(id, ids)}`);
    } else if (own.has(id)) {
      report.warn(place, `override: the site's own rule ${id} stands in place of the pack's, so this does nothing`);
    }
  }
  const rules = pack.rules.map((rule, index) => ({
    pack: name,
    entry: withOverride(rule, overrides[ids[index] ?? ''], partOf(entry, ['override', ids[index] ?? '']), name, at),
  }));
  const derive = pack.derive.map((value): Entry => ({ value, prefix: `pack ${name}, derive: `, at: () => at }));
  return { rules: rules.filter((_, index) => !own.has(ids[index])), derive };
}

/** A pack's rule stands where the pack is taken in; what the site has otherwise stands where it is written. */
function withOverride(rule: unknown, override: unknown, written: Entry, pack: string, at: Place): Entry {
  const isWritten = (path: Path) => path.length > 0 && valueAt(override, path) !== undefined;
  return {
    value: override === undefined ? rule : merge(rule, override),
    prefix: `pack ${pack}, rule ${String(valueAt(rule, ['id']))}: `,
    at: (path, of) => {
      const found = path.findLastIndex((_, index) => isWritten(path.slice(0, index + 1)));
      return found < 0 ? at : written.at(path.slice(0, found + 1), found + 1 === path.length ? of : 'key');
    },
  };
}

/** Maps are merged key by key, anything else is replaced; null takes a key away. */
function merge(base: unknown, override: unknown): unknown {
  if (!isMapping(override)) return override;
  const merged = new Map(Object.entries(isMapping(base) ? base : {}));
  for (const [key, value] of Object.entries(override)) {
    if (value === null) merged.delete(key);
    else merged.set(key, merge(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
