import { Declared } from './declared.ts';
import { type Entry, partOf, valueAt } from './document.ts';
import { sinkCommon } from './file-kinds.ts';
import { check, checkParts } from './issues.ts';
import type { Kinds } from './kinds.ts';
import { suggest } from './nearest.ts';
import type { SecretSources } from './references.ts';
import type { Report } from './report.ts';
import { resolveSecrets } from './secrets.ts';
import type { Site } from './site.ts';

/** What `site.yaml` sends to: the upstreams, or the channels to people, each checked by its own kind. */
export async function checkSinks(
  head: Entry,
  key: 'upstreams' | 'channels',
  kinds: Kinds[typeof key],
  sources: SecretSources,
  report: Report,
): Promise<Site['upstreams']> {
  const list = valueAt(head.value, [key]);
  if (!Array.isArray(list)) return [];
  const noun = key.slice(0, -1);
  const declared = new Declared(noun, report);
  const good: { id: string; kind: string; options: unknown }[] = [];
  for (const [index, value] of list.entries()) {
    const entry = await resolveSecrets(partOf(head, [key, index], value), sources, report);
    declared.add(entry);
    const kind = valueAt(entry.value, ['kind']);
    const sink = kinds.find((each) => each.kind === kind);
    if (sink === undefined) {
      check(sinkCommon.loose(), entry, report);
      const known = kinds.map((each) => each.kind);
      if (typeof kind === 'string') {
        report.error(entry.at(['kind']), `kind: there is no kind of ${noun} "${kind}"; ${suggest(kind, known)}`);
      }
      continue;
    }
    const parts = checkParts([sinkCommon, sink.options], entry, report);
    if (parts !== undefined) good.push({ id: parts[0].id, kind: parts[0].kind, options: parts[1] });
  }
  return good;
}
