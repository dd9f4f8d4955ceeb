import { Declared } from './declared.ts';
import { type Entry, partOf, valueAt } from './document.ts';
import { upstreamCommon } from './file-kinds.ts';
import { check, checkParts } from './issues.ts';
import type { Kinds } from './kinds.ts';
import { suggest } from './nearest.ts';
import type { Report } from './report.ts';
import { resolveSecrets, type SecretSources } from './secrets.ts';
import type { Site } from './site.ts';

/** The upstreams that `site.yaml` names, each checked by its own kind. */
export async function checkUpstreams(
  head: Entry,
  kinds: Kinds['upstreams'],
  sources: SecretSources,
  report: Report,
): Promise<Site['upstreams']> {
  const list = valueAt(head.value, ['upstreams']);
  if (!Array.isArray(list)) return [];
  const declared = new Declared('upstream', report);
  const good: { id: string; kind: string; options: unknown }[] = [];
  for (const [index, value] of list.entries()) {
    const entry = await resolveSecrets(partOf(head, ['upstreams', index], value), sources, report);
    declared.add(entry);
    const kind = valueAt(entry.value, ['kind']);
    const upstream = kinds.find((each) => each.kind === kind);
    if (upstream === undefined) {
      check(upstreamCommon.loose(), entry, report);
      const known = kinds.map((each) => each.kind);
      if (typeof kind === 'string') {
        report.error(entry.at(['kind']), `kind: there is no kind of upstream "${kind}"; ${suggest(kind, known)}`);
      }
      continue;
    }
    const parts = checkParts([upstreamCommon, upstream.options], entry, report);
    if (parts !== undefined) good.push({ id: parts[0].id, kind: parts[0].kind, options: parts[1] });
  }
  return good;
}
